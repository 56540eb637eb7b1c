import type { Client } from "./delivery.ts";

/**
 * The clients of a channel. Whoever leaves leaves a hole, so that a walk over the places, spread over many turns of the
 * event loop, meets everybody once; holes are closed between walks.
 */
export class Audience {
  readonly #places: (Client | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Places to walk over, holes included. */
  get places(): number {
    return this.#places.length;
  }

  at(place: number): Client | undefined {
    return this.#places[place];
  }

  add(client: Client): void {
    client.place = this.#places.length;
    this.#places.push(client);
    this.#size++;
  }

  remove(client: Client): void {
    if (this.#places[client.place] !== client) return;
    this.#places[client.place] = undefined;
    this.#size--;
  }

  /** Closes the holes when they are many; only between walks. */
  compact(): void {
    if (this.#places.length < 64 || this.#size * 4 > this.#places.length * 3) return;
    let place = 0;
    for (const client of this.#places) {
      if (!client) continue;
      client.place = place;
      this.#places[place++] = client;
    }
    this.#places.length = place;
  }
}
