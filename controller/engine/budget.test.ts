import { describe, expect, it } from "vitest";
import { freshLedger } from "../../test/support/postgres.ts";
import { blockBudget, type Pace, type Taken, takeBudgets } from "../ledger/accounts.ts";
import type { Db } from "../ledger/db.ts";
import { budgetOf, type BudgetParts, Line, lowBudgetOf } from "./budget.ts";
import { turnsOf } from "./budget-turns.ts";

const FACTS = { vendor: "fake", operation: "GET /" };
const never = new AbortController().signal;
const FREE = { granted: true, waitMs: 0 };

async function takeBudget(db: Db, account: string, pace: Pace): Promise<Taken> {
  const [taken] = await takeBudgets(db, account, pace, 1);
  if (!taken) throw new Error("nothing was answered");
  return taken;
}

/** Time passes only when the test lets it. */
function parts(more: Partial<BudgetParts> = {}) {
  const timers: { ms: number; ring: () => void }[] = [];
  const timeout = (ms: number) => {
    const timer = new AbortController();
    timers.push({ ms, ring: () => timer.abort() });
    return timer.signal;
  };
  const limits = { concurrency: 2, perMinute: null };
  const budget = budgetOf({ account: "a", limits, take: async () => FREE, block: async () => {}, timeout, ...more });
  return { budget, ring: (ms: number) => timers.filter((timer) => timer.ms === ms).forEach(({ ring }) => ring()) };
}

describe("the calls of one account at once", () => {
  it("are as many as it may have; the next one goes when one has left, first come first", async () => {
    const { budget } = parts();
    const [first] = [await budget.enter(FACTS, never), await budget.enter(FACTS, never)];
    const order: string[] = [];
    const third = budget.enter(FACTS, never).then(() => order.push("third"));
    const fourth = budget.enter(FACTS, never).then(() => order.push("fourth"));
    await Promise.resolve();
    expect(order).toEqual([]);
    first[Symbol.dispose]();
    // Leaving twice frees one place.
    first[Symbol.dispose]();
    await third;
    expect(order).toEqual(["third"]);
    void fourth;
  });

  it("are not held up for long: one that waits too long is sent away, certainly not sent, and its place is not lost", async () => {
    const { budget, ring } = parts({ limits: { concurrency: 1, perMinute: null } });
    const inside = await budget.enter(FACTS, never);
    const waiting = budget.enter(FACTS, never);
    ring(2_000);
    await expect(waiting).rejects.toMatchObject({ name: "Transient", reason: "AccountBusy", retryAfterMs: 1_000 });
    const next = budget.enter(FACTS, never);
    inside[Symbol.dispose]();
    (await next)[Symbol.dispose]();
    await budget.enter(FACTS, never);
  });

  it("end with the call that waits", async () => {
    const { budget } = parts({ limits: { concurrency: 1, perMinute: null } });
    await budget.enter(FACTS, never);
    await expect(budget.enter(FACTS, AbortSignal.abort())).rejects.toMatchObject({ reason: "AccountBusy" });
  });
});

describe("what an account may send", () => {
  it("is refused before it is sent, and the place is free again", async () => {
    const answers = [{ granted: false, waitMs: 4_000 }, FREE];
    const limits = { concurrency: 1, perMinute: 60 };
    const { budget } = parts({ limits, take: async () => answers.shift() ?? FREE });
    await expect(budget.enter(FACTS, never)).rejects.toMatchObject({
      name: "Transient",
      reason: "RateLimited",
      retryAfterMs: 4_000,
    });
    await budget.enter(FACTS, never);
  });

  it("waits a little for its turn", async () => {
    const { budget, ring } = parts({ take: async () => ({ granted: true, waitMs: 700 }) });
    let sent = false;
    const turn = budget.enter(FACTS, never).then(() => (sent = true));
    await new Promise(setImmediate);
    expect(sent).toBe(false);
    ring(700);
    expect(await turn).toBe(true);
  });

  it("is let through where the ledger does not answer, or refuses: what must be ended is ended", async () => {
    const timer = new AbortController();
    const late = (ms: number) => (ms === 1_000 ? timer.signal : never);
    const hanging = turnsOf({ take: async () => new Promise(() => {}), timeout: late, monotonicMs: () => 0 });
    const { budget } = parts({ take: hanging.take });
    const hung = budget.enter(FACTS, never);
    await new Promise(setImmediate);
    timer.abort();
    expect((await hung)[Symbol.dispose]).toBeTypeOf("function");
    const away = parts({
      take: turnsOf({ take: async () => Promise.reject(new Error("away")), timeout: () => never, monotonicMs: () => 0 })
        .take,
      block: async () => Promise.reject(new Error()),
    });
    await away.budget.enter(FACTS, never);
    away.budget.block(1);
  });
});

describe("what waits for nothing", () => {
  const pace = { perMinute: 6_000, saved: 100, patienceMs: 0 };
  const granting = (most: number) => {
    const asked: number[] = [];
    let [now, left] = [0, most];
    const take = async (_: Pace, count: number): Promise<readonly Taken[]> => {
      asked.push(count);
      return Array.from({ length: count }, () => (left-- > 0 ? FREE : { granted: false, waitMs: 50 }));
    };
    const turns = turnsOf({ take, timeout: () => never, monotonicMs: () => now });
    return { turns, asked, pass: (ms: number) => (now += ms) };
  };

  it("takes ahead what may be sent in a tenth of a second, and asks again when that is over", async () => {
    const { turns, asked, pass } = granting(1_000);
    await turns.take(pace);
    for (let calls = 0; calls < 4; calls += 1) expect(await turns.take(pace)).toEqual(FREE);
    expect(asked).toEqual([11]);
    pass(100);
    await turns.take(pace);
    expect(asked).toEqual([11, 11]);
  });

  it("asks for what it used of that before it has used all of it, and waits for nothing then", async () => {
    const { turns, asked } = granting(1_000);
    await turns.take(pace);
    for (let calls = 0; calls < 5; calls += 1) expect(turns.take(pace)).toEqual(FREE);
    expect(asked).toEqual([11, 5]);
    await new Promise(setImmediate);
    for (let calls = 0; calls < 5; calls += 1) expect(turns.take(pace)).toEqual(FREE);
    expect(asked).toEqual([11, 5, 5]);
  });

  it("asks no more often than it is given something, and takes nothing ahead twice", async () => {
    const { turns, asked } = granting(11);
    await turns.take(pace);
    for (let calls = 0; calls < 10; calls += 1) {
      expect(turns.take(pace)).toEqual(FREE);
      await new Promise(setImmediate);
    }
    expect(asked).toEqual([11, 5, 8, 9]);
    expect(await turns.take(pace)).toMatchObject({ granted: false });
  });

  it("is let through no more often than was granted, and not by what was taken ahead of a vendor's no", async () => {
    const { turns } = granting(5);
    const answers = [];
    for (let calls = 0; calls < 8; calls += 1) answers.push(await turns.take(pace));
    expect(answers.filter(({ granted }) => granted).length).toBe(5);
    const told = granting(1_000);
    const underWay = told.turns.take(pace);
    await Promise.resolve();
    told.turns.forget();
    await underWay;
    await told.turns.take(pace);
    told.turns.forget();
    await told.turns.take(pace);
    expect(told.asked).toEqual([11, 11, 11]);
  });

  it("takes nothing ahead of a small allowance, nor for a rotation", async () => {
    const { turns, asked } = granting(1_000);
    await turns.take({ ...pace, perMinute: 60 });
    await turns.take({ ...pace, patienceMs: 2_000 });
    expect(asked).toEqual([1, 1]);
  });
});

describe("what gives way", () => {
  const limits = { concurrency: 4, perMinute: 60 };
  const timeout = (ms: number) => (ms === 2_000 ? AbortSignal.abort() : never);
  const both = (take: BudgetParts["take"] = async () => FREE) => {
    const shared = { account: "a", limits, take, block: async () => {}, timeout, line: new Line(limits.concurrency) };
    return { first: budgetOf(shared), second: lowBudgetOf(shared) };
  };

  it("takes half of the places at most, and none that rotations have", async () => {
    const { first, second } = both();
    const taken = [await second.enter(FACTS, never), await second.enter(FACTS, never)];
    await expect(second.enter(FACTS, never)).rejects.toMatchObject({ reason: "AccountBusy" });
    await first.enter(FACTS, never);
    const last = await first.enter(FACTS, never);
    await expect(first.enter(FACTS, never)).rejects.toMatchObject({ reason: "AccountBusy" });
    taken[0]?.[Symbol.dispose]();
    await first.enter(FACTS, never);
    // Its own half has room, the account has none: its place in the half is not lost by that.
    await expect(second.enter(FACTS, never)).rejects.toMatchObject({ reason: "AccountBusy" });
    last[Symbol.dispose]();
    await second.enter(FACTS, never);
  });

  it("leaves half of what is saved up to rotations, and waits for nothing", async () => {
    const ledger = await freshLedger();
    const { first, second } = both(async (pace) => takeBudget(ledger.db, "a", pace));
    const goes = async (budget: typeof first): Promise<boolean> =>
      budget.enter(FACTS, never).then(
        (place) => (place[Symbol.dispose](), true),
        () => false,
      );
    const low = [];
    for (let asked = 0; asked < 10; asked += 1) low.push(await goes(second));
    expect(low.filter(Boolean).length).toBe(5);
    const high = [];
    for (let asked = 0; asked < 5; asked += 1) high.push(await goes(first));
    expect(high).toEqual([true, true, true, true, true]);
    await ledger.drop();
  });
});

describe("the ledger's count", () => {
  const pace: Pace = { perMinute: 60, saved: 3, patienceMs: 1_500 };

  it("lets what was saved up go at once, then one after the other, and says when to ask again", async () => {
    const ledger = await freshLedger();
    const take = async (account = "a") => takeBudget(ledger.db, account, pace);
    for (let saved = 0; saved < 3; saved += 1) expect(await take()).toEqual(FREE);
    const fourth = await take();
    expect(fourth.granted).toBe(true);
    expect(fourth.waitMs).toBeGreaterThan(500);
    expect(fourth.waitMs).toBeLessThanOrEqual(1_000);
    const fifth = await take();
    expect(fifth.granted).toBe(false);
    expect(fifth.waitMs).toBeGreaterThan(fourth.waitMs);
    // What is refused is not counted, and other accounts are not held up.
    expect((await take()).waitMs).toBeLessThanOrEqual(fifth.waitMs);
    expect(await take("b")).toEqual(FREE);
    await ledger.drop();
  });

  it("is one for all who ask at the same time", async () => {
    const ledger = await freshLedger();
    const asked = Array.from({ length: 20 }, async () => takeBudget(ledger.db, "a", { ...pace, patienceMs: 0 }));
    const answers = await Promise.all(asked);
    expect(answers.filter(({ granted }) => granted).length).toBe(3);
    await ledger.drop();
  });

  it("answers many at once as it would have answered one after the other", async () => {
    const ledger = await freshLedger();
    const many = await takeBudgets(ledger.db, "a", { ...pace, patienceMs: 2_500 }, 8);
    expect(many.map(({ granted }) => granted)).toEqual([true, true, true, true, true, false, false, false]);
    const waits = many.map(({ waitMs }) => waitMs);
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    for (const [at, from] of [
      [3, 500],
      [4, 1_500],
      [5, 2_500],
    ] as const) {
      expect(waits[at]).toBeGreaterThan(from);
      expect(waits[at]).toBeLessThanOrEqual(from + 500);
    }
    expect(await takeBudgets(ledger.db, "a", { ...pace, patienceMs: 0 }, 1)).toMatchObject([{ granted: false }]);
    await ledger.drop();
  });

  it("lets nothing through while the vendor wants nothing, whatever its pace", async () => {
    const ledger = await freshLedger();
    const free: Pace = { perMinute: null, saved: 1, patienceMs: 1_500 };
    for (let times = 0; times < 5; times += 1) expect(await takeBudget(ledger.db, "a", free)).toEqual(FREE);
    await blockBudget(ledger.db, "a", 60_000);
    await blockBudget(ledger.db, "a", 1_000);
    const blocked = await takeBudget(ledger.db, "a", free);
    expect(blocked.granted).toBe(false);
    expect(blocked.waitMs).toBeGreaterThan(58_000);
    expect(blocked.waitMs).toBeLessThanOrEqual(60_000);
    await ledger.drop();
  });
});
