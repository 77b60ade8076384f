import type { Stream } from "./output.ts";

/** How far something is, on one line of a terminal that goes away again. Nothing is written in the first second, nor elsewhere. */
export interface Progress {
  show(text: string): void;
  /** Takes the line away. */
  clear(): void;
}

const FIRST_MS = 1_000;
const EVERY_MS = 100;

/** `monotonicMs` never goes back. */
export function openProgress(stream: Stream, monotonicMs: () => number): Progress {
  const began = monotonicMs();
  let last = began + FIRST_MS - EVERY_MS;
  let shown = false;
  return {
    show: (text) => {
      const now = monotonicMs();
      if (stream.isTTY !== true || now < last + EVERY_MS) return;
      last = now;
      shown = true;
      stream.write(`\r\u001b[K${text}`);
    },
    clear: () => {
      if (shown) stream.write("\r\u001b[K");
      shown = false;
    },
  };
}
