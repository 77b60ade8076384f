import { describe, expect, it } from "vitest";
import { Gathered } from "./gathered.ts";

/** Each turn is answered when the test lets it. */
function counted(most: number) {
  const turns: { readonly asked: readonly number[]; readonly answer: () => void; readonly fail: () => void }[] = [];
  const gathered = new Gathered<number, number>(most, async (asked) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    turns.push({ asked, answer: resolve, fail: () => reject(new Error("away")) });
    await promise;
    return asked.map((each) => each * 10);
  });
  return { gathered, turns };
}

const settled = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("what is asked at about the same time", () => {
  it("goes in one statement, what comes meanwhile in the next, and each gets its own answer", async () => {
    const { gathered, turns } = counted(3);
    const first = [gathered.ask(1), gathered.ask(2)];
    await settled();
    const later = [3, 4, 5, 6].map(async (each) => gathered.ask(each));
    await settled();
    expect(turns.map(({ asked }) => asked)).toEqual([[1, 2]]);
    turns[0]?.answer();
    expect(await Promise.all(first)).toEqual([10, 20]);
    await settled();
    turns[1]?.answer();
    await settled();
    turns[2]?.answer();
    expect(await Promise.all(later)).toEqual([30, 40, 50, 60]);
    expect(turns.map(({ asked }) => asked)).toEqual([[1, 2], [3, 4, 5], [6]]);
  });

  it("fails together, and hinders nothing that is asked afterwards", async () => {
    const { gathered, turns } = counted(3);
    const first = Promise.allSettled([gathered.ask(1), gathered.ask(2)]);
    await settled();
    turns[0]?.fail();
    expect((await first).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const next = gathered.ask(3);
    await settled();
    turns[1]?.answer();
    expect(await next).toBe(30);
  });
});
