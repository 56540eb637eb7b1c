/** What a waiting room says: text rather than bytes, since nearly every frame goes to one stream alone. */

/** One chunk of a chunked body; all that is said here is ASCII, so that a character is a byte. */
function frame(event: string, data: string): string {
  const text = `event: ${event}\ndata: ${data}\n\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

interface Joined {
  ticket: string;
  ordinal: number;
  position: number;
  joinedAtUs: number;
}

export const joinedFrame = (joined: Joined) => frame("joined", JSON.stringify(joined));

interface Position {
  position: number;
  /** `null` while nobody is let in. */
  etaMs: number | null;
  /** When the queue stood so. */
  asOfUs: number;
}

export const positionFrame = ({ position, etaMs, asOfUs }: Position) =>
  frame("position", `{"position":${position},"etaMs":${etaMs},"asOfUs":${asOfUs}}`);

interface AdmittedEvent {
  admission: string;
  expiresAtUs: number;
  ordinal: number;
  asOfUs: number;
}

export const admittedFrame = (admitted: AdmittedEvent) => frame("admitted", JSON.stringify(admitted));

export const soldOutFrame = (asOfUs: number) => frame("sold-out", `{"asOfUs":${asOfUs}}`);
