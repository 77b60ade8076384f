import { expect, it } from "vitest";
import { lotsOf } from "../sim/random.ts";
import { layer } from "./b.ts";
import { inTurns, shuffled } from "./turns.ts";

async function* some(name: string, count: number): AsyncIterable<string> {
  for (let number = 1; number <= count; number += 1) yield `${name}${number}`;
}

it("takes one of each in turn until all have ended, and leaves none out", async () => {
  const found: string[] = [];
  for await (const each of inTurns([some("a", 1), some("b", 3), some("c", 2)])) found.push(each);
  expect(found).toEqual(["a1", "b1", "c1", "b2", "c2", "b3"]);
});

it("shuffles by its lots alone, and loses nothing", () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(shuffled(items, lotsOf("x"))).toEqual(shuffled(items, lotsOf("x")));
  expect(shuffled(items, lotsOf("x")).toSorted((a, b) => a - b)).toEqual(items);
});

it("tells two crashes of every flow when it tells few of them", async () => {
  const stories = new Set<string>();
  for await (const text of layer.schedules({ seed: 1, shard: 0, shards: 1, schedules: 400, only: "1xcas" })) {
    expect(text).toMatch(/ die .* die@b /);
    stories.add(text.split(" ")[2] ?? "");
  }
  for (const story of ["rotate", "revoke", "rehearse", "drift-corrected", "hand-marked"])
    expect(stories).toContain(story);
});
