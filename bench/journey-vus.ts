/** The journey of `journey.ts` as plain k6 has it: a VU a client. A stream cannot be read in parts: its response ends when it admits. */
import { check, sleep } from "k6";
import exec from "k6/execution";
import http from "k6/http";

declare const __ENV: Record<string, string>;
const clients = Number(__ENV.CLIENTS);
const arriveS = Number(__ENV.ARRIVE_S);
const url = __ENV.TARGET;

export const options = {
  scenarios: {
    buyers: { executor: "per-vu-iterations", vus: clients, iterations: 1, maxDuration: "5m" },
  },
};

const think = () => sleep(0.5 + Math.random());
const json = { headers: { "Content-Type": "application/json" } };

export default function (): void {
  const client = exec.vu.idInTest - 1;
  sleep((client / clients) * arriveS);
  const queue = http.get(`${url}/queue?buyer=${client}&close=1`);
  const admission = /"admission":"(\w+)"/.exec(String(queue.body))?.[1];
  const authorized = {
    headers: { ...json.headers, Authorization: `Bearer ${admission}`, "Idempotency-Key": `${client}` },
  };
  const seats = http.get(`${url}/seats?want=2`).json("seats");
  think();
  const hold = http.post(`${url}/holds`, JSON.stringify({ seats }), authorized).json("hold");
  think();
  const booking = http.post(`${url}/bookings`, JSON.stringify({ hold }), authorized);
  check(booking, { booked: ({ status }) => status === 201 });
}
