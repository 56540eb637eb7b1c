import { expect, test } from "vitest";
import { testPresale } from "../../testing/presale-script.ts";
import { admissionsEntry } from "../presale/admissions.ts";
import { Room, waitingGroup } from "./room.ts";
import type { Waiter } from "./waiter.ts";

const presale = testPresale();
const newRoom = () => new Room(presale, JSON.stringify(presale), 5);

function waiter(room: Room, ordinal: number): Waiter {
  return {
    socket: undefined as never,
    room,
    buyer: `b-${ordinal}`,
    ordinal,
    mode: "live",
    slowRounds: 0,
    channel: waitingGroup,
    twin: undefined,
  };
}

test("positions and times follow from one number for all", () => {
  const room = newRoom();
  expect([room.positionOf(12), room.etaMsOf(12)]).toEqual([12, null]);
  room.apply(
    admissionsEntry("1-0", { atUs: "9", head: "10", perSecond: "4", untilUs: "20", ordinals: "9,10" }),
  );
  expect([room.positionOf(12), room.etaMsOf(2), room.asOfUs, room.entry]).toEqual([2, 500, 9, "1-0"]);
});

test("sold out comes once, with its time", () => {
  const room = newRoom();
  room.apply(admissionsEntry("2-0", { atUs: "11", head: "3", soldOut: "1" }));
  expect([room.soldOutAtUs, room.head]).toEqual([11, 3]);
});

test("several streams of one place are told together, and leave one by one", () => {
  const room = newRoom();
  const [first, second, third, other] = [1, 1, 1, 2].map((ordinal) => waiter(room, ordinal)) as [
    Waiter,
    Waiter,
    Waiter,
    Waiter,
  ];
  for (const one of [first, second, third, other]) room.add(one);
  expect([room.waiting, room.last]).toEqual([2, 2]);
  room.remove(second);
  expect([...room.at(1)]).toEqual([third, first]);
  room.remove(third);
  expect([...room.at(1)]).toEqual([first]);
  room.remove(third);
  expect(room.take(1)).toEqual([first]);
  expect([...room.at(1)]).toEqual([]);
  room.remove(first);
  room.remove(other);
  expect(room.waiting).toBe(0);
});
