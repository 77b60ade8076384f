/** Orders in which a part of a layer is a part of everything in it. */
import type { Lots } from "../sim/random.ts";

/** One of each in turn, until the last one has ended. What is not begun yet costs nothing. */
export async function* inTurns<T>(all: Iterable<AsyncIterable<T> | Iterable<T>>): AsyncIterable<T> {
  let going = [...all].map((each) => (Symbol.asyncIterator in each ? each : soon(each))[Symbol.asyncIterator]());
  while (going.length > 0) {
    const still: typeof going = [];
    for (const each of going) {
      const next = await each.next();
      if (next.done === true) continue;
      still.push(each);
      yield next.value;
    }
    going = still;
  }
}

async function* soon<T>(each: Iterable<T>): AsyncIterable<T> {
  yield* each;
}

export function shuffled<T>(items: readonly T[], lots: Lots): T[] {
  return items
    .map((item) => ({ item, lot: lots.next() }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ item }) => item);
}
