/** What of a layer is told in every run of the tests. All of it is told by `npm run prove`. */
import { createHash } from "node:crypto";

/** Printed with what was told; a failure is told again by its own text. */
export const TODAY = new Date().toISOString().slice(0, 10);

/** One in so many of what is not told whole: others each day. */
const PART = 8;

/** Each flow as it goes by itself: told whole, with every vendor and every sort of sink. */
const WHOLE: ReadonlySet<string> = new Set([
  "rotate",
  "revoke",
  "rehearse",
  "drift-corrected",
  "hand-marked",
  "hand-abort",
  "wrong-value",
  "watched",
]);

/** All moments of the stories that the flows are made of, and of each other story with the first vendor that it can be told with. */
export function oncePerStory(): (text: string) => boolean {
  const first = new Map<string, string>();
  return (text) => {
    const [, setup = "", story = ""] = text.split(" ");
    if (!first.has(story)) first.set(story, setup);
    return WHOLE.has(story) || first.get(story) === setup || isTodays(text);
  };
}

/** Where a replica stood still: one vendor that shows its markers whole, today's part of the others. */
export function oneVendor(text: string): boolean {
  return / markable\/1xcas /.test(text) || isTodays(text);
}

function isTodays(text: string): boolean {
  return createHash("sha256").update(`${TODAY} ${text}`).digest().readUInt32LE(0) % PART === 0;
}

/** Which of so many shards today's is. */
export function todaysShard(shards: number): number {
  return Math.floor(Date.parse(TODAY) / 86_400_000) % shards;
}
