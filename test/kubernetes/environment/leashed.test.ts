import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { leashed } from "./leashed.ts";

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it("a program on a leash is killed, also when it would not listen, and its folder goes with it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "velvet-leash-"));
  const stubborn = leashed("sh", ["-c", "trap '' TERM INT; echo begun >&2; while :; do sleep 1; done"], folder);
  await stubborn.says(/begun/);
  const pid = await stubborn.pid;
  expect([isAlive(pid), stubborn.hasEnded(), existsSync(folder)]).toEqual([true, false, true]);
  await stubborn.kill();
  expect([isAlive(pid), stubborn.hasEnded(), existsSync(folder)]).toEqual([false, true, false]);
  await stubborn.kill();
});

it("a program on a leash that ends by itself, or by another's hand, is seen to have ended", async () => {
  const brief = leashed("sh", ["-c", "echo no such flag >&2; exit 3"]);
  await expect(brief.says(/ready/)).rejects.toThrow("no such flag");
  await brief.ended;
  const shot = leashed("sleep", ["600"]);
  process.kill(await shot.pid, "SIGKILL");
  await shot.ended;
  expect(shot.hasEnded()).toBe(true);
});
