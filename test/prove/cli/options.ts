/** The command line of `prove`: what it can be asked, and what is misuse. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { Output } from "../../../controller/cli/output.ts";
import { type Entry, entryOf } from "./layers.ts";

export interface ProveOptions {
  readonly layers: readonly Entry[];
  readonly seed?: number;
  readonly schedules?: number;
  readonly minutes?: number;
  /** Of each layer by itself. */
  readonly minutesEach?: number;
  readonly workers?: number;
  readonly only?: string;
  readonly ledger: "postgres" | "memory";
  readonly resume?: boolean;
  readonly replay?: string;
  readonly output?: "json";
  readonly report?: string;
}

/** Throws commander's errors: 2 is misuse, 0 is help. */
export function parseOptions(args: readonly string[], layers: readonly Entry[], out: Output): ProveOptions {
  const program = proveProgram(layers, out);
  program.parse([...args], { from: "user" });
  const options = program.opts<ProveOptions>();
  if (options.replay !== undefined && options.layers.length !== 1) {
    program.error("error: --replay needs the one layer that the schedule is of, such as --layers A", { exitCode: 2 });
  }
  if (options.replay !== undefined && options.resume === true) {
    program.error("error: --replay and --resume exclude each other", { exitCode: 2 });
  }
  return options;
}

function proveProgram(layers: readonly Entry[], out: Output): Command {
  return new Command("prove")
    .description("Tells the engine's stories with crashes and faults, on a real PostgreSQL, and judges every promise.")
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.raw(text), writeErr: (text) => out.note(text.trimEnd()) })
    .showHelpAfterError("Add --help to see what there is.")
    .addOption(
      new Option("--layers <names>", "which layers, with commas")
        .argParser((text) => layersOf(layers, text))
        .default(layers, "all"),
    )
    .option("--seed <number>", "what chance begins with (default: a new one, printed)", whole(0))
    .option("--schedules <number>", "of each layer, at most", whole(1))
    .option("--minutes <number>", "begin none after so many", positive)
    .option("--minutes-each <number>", "of each layer, begin none after so many", positive)
    .option("--workers <number>", "processes (default: one for each core)", whole(1))
    .option("--only <text>", "only stories, setups or mutants whose name holds this")
    .addOption(
      new Option("--ledger <kind>", "memory: a double for A to D, faster, proves less")
        .choices(["postgres", "memory"])
        .default("postgres"),
    )
    .option("--resume", "carry on the last run of this commit and layer where it was broken off")
    .option("--replay <schedule>", "tell this one again, as a violation prints it")
    .addOption(new Option("-o, --output <format>", "for programs").choices(["json"]))
    .option("--report <file>", "write or bring up to date a report in Markdown")
    .addHelpText(
      "after",
      `\nLayers:\n${layers.map(({ name, about }) => `  ${name}  ${about}`).join("\n")}\n${EXAMPLES}`,
    );
}

const EXAMPLES = `
Examples:
  npm run prove -- --layers A,C,H                      every schedule of three layers
  npm run prove -- --layers D --schedules 1000000      a night's work; Ctrl-C ends it, --resume carries it on
  npm run prove -- --layers B --ledger memory          the same on a double of the ledger: many times as fast
  npm run prove -- --layers E --schedules 10000        ten thousand real kills
  npm run prove -- --layers H --only tombstone         the mutants about tombstones
  npm run prove -- --layers A --replay '<schedule>'    one again, as a violation prints it
  npm run prove -- --report docs/proof.md              everything, and the report of it
  npm run prove -- --minutes-each 3 --report docs/proof.md   as much of each layer as three minutes hold

Ends with 0 when every promise was kept, 1 when one was broken, 2 after misuse.`;

function layersOf(layers: readonly Entry[], text: string): Entry[] {
  const names = text.split(",").map((name) => name.trim());
  return names.map((name) => {
    const found = entryOf(layers, name);
    if (found) return found;
    const all = layers.map((each) => each.name).join(", ");
    throw new InvalidArgumentError(`There is no layer ${name || "without a name"}: there are ${all}.`);
  });
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= least && text.trim() !== "") return number;
    throw new InvalidArgumentError(`A whole number from ${least} on.`);
  };
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError("A number above 0.");
}
