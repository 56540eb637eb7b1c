import { expect, test } from "vitest";
import { Audience } from "./audience.ts";
import type { Client } from "./delivery.ts";

const someone = () => ({ place: -1 }) as Client;

test("a walk meets everybody once, whoever leaves and joins meanwhile", () => {
  const audience = new Audience();
  const clients = Array.from({ length: 200 }, someone);
  for (const client of clients) audience.add(client);
  const met = new Set<Client>();
  const places = audience.places;
  for (let place = 0; place < places; place++) {
    const client = audience.at(place);
    if (client) {
      expect(met.has(client)).toBe(false);
      met.add(client);
    }
    // Somebody ahead, somebody behind, and a newcomer.
    if (place === 50) for (const index of [10, 100, 101]) audience.remove(clients[index]!);
    if (place === 60) audience.add(someone());
  }
  expect(met.size).toBe(198);
  expect(audience.size).toBe(198);
});

test("holes are closed, and places stay true", () => {
  const audience = new Audience();
  const clients = Array.from({ length: 1000 }, someone);
  for (const client of clients) audience.add(client);
  for (const client of clients.slice(0, 900)) audience.remove(client);
  audience.compact();
  expect(audience.places).toBe(100);
  for (const client of clients.slice(900)) expect(audience.at(client.place)).toBe(client);
  audience.remove(clients[0]!);
  expect(audience.size).toBe(100);
});
