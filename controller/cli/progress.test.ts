import { expect, it } from "vitest";
import { openProgress } from "./progress.ts";

function terminal(isTTY: boolean): {
  written: string[];
  progress: ReturnType<typeof openProgress>;
  at: (ms: number) => void;
} {
  const written: string[] = [];
  let now = 5_000;
  const progress = openProgress({ write: (text) => void written.push(text), isTTY }, () => now);
  return { written, progress, at: (ms) => void (now = 5_000 + ms) };
}

it("shows nothing of what takes less than a second, and leaves nothing behind", () => {
  const { written, progress, at } = terminal(true);
  progress.show("1 of 9");
  at(999);
  progress.show("8 of 9");
  progress.clear();
  expect(written).toEqual([]);
});

it("shows one line that replaces itself, ten times a second at most, and takes it away", () => {
  const { written, progress, at } = terminal(true);
  for (const [ms, text] of [
    [1_000, "1 of 9"],
    [1_050, "2 of 9"],
    [1_100, "3 of 9"],
  ] as const) {
    at(ms);
    progress.show(text);
  }
  progress.clear();
  progress.clear();
  expect(written).toEqual(["\r\u001b[K1 of 9", "\r\u001b[K3 of 9", "\r\u001b[K"]);
});

it("writes nothing where nobody looks: a file, a pipe, a log", () => {
  const { written, progress, at } = terminal(false);
  at(60_000);
  progress.show("1 of 9");
  progress.clear();
  expect(written).toEqual([]);
});
