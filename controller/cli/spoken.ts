/** Commands that a text names, as this person calls them: with kubectl in front, and about the same cluster. Pure. */
import type { Output } from "./output.ts";

/** Only before the name of a command, so that prose about Velvet stays. */
export function speaker(call: string, commands: readonly string[]): (text: string) => string {
  if (call === "velvet") return (text) => text;
  const there = commands.filter((command) => !ELSEWHERE.has(command));
  const named = new RegExp(`(?<![\\w/.-]|kubectl |-- )velvet (?=(?:${there.join("|")})(?![\\w-]))`, "g");
  return (text) => text.replaceAll(named, () => `${call} `);
}

/** Done where the ledger is, and never by kubectl. */
const ELSEWHERE: ReadonlySet<string> = new Set(["quickstart", "controller", "migrate", "audit", "source", "ledger"]);

/** Lines and notes are spoken; manifests and JSON stay as they are. */
export function spoken(out: Output, speak: (text: string) => string): Output {
  return {
    ...out,
    line: (text = "") => out.line(speak(text)),
    note: (text) => out.note(speak(text)),
    block: (lines) => out.block(lines.map(speak)),
  };
}
