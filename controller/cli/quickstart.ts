import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { runQuickstart } from "../quickstart/run.ts";

export interface QuickstartOptions {
  /** Leave everything running until Ctrl-C. */
  readonly keep?: boolean;
  /** Where everything is put; must not exist yet. Default: a new folder in the system's temporary one. */
  readonly dir?: string;
}

/** Rotates a real database login on this machine. 1 where something could not be proven. Ctrl-C removes what was made. */
export async function quickstartCommand(context: CommandContext, options: QuickstartOptions): Promise<ExitCode> {
  const { out, clock, random, stop, env } = context;
  const folder = await makeFolder(options.dir);
  const searchPath = env.PATH ?? "/usr/local/bin:/usr/bin:/bin";
  const order = { folder, searchPath, keep: options.keep === true, out, clock, random, stop };
  let proven = false;
  try {
    proven = await runQuickstart(order);
  } catch (error) {
    if (!stop.aborted) throw failureOf(error, folder);
  }
  if (!stop.aborted) return proven ? 0 : 1;
  await rm(folder, { recursive: true, force: true });
  out.note(`Stopped. ${folder} is removed, and nothing of the quickstart runs any more.`);
  return proven ? 0 : 1;
}

async function makeFolder(asked: string | undefined): Promise<string> {
  const folder = asked === undefined ? await mkdtemp(join(tmpdir(), "velvet-quickstart-")) : resolve(asked);
  if (asked !== undefined) {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      throw misuse(`${folder} exists already.`, "Name a folder that does not exist yet, or leave --dir out.");
    });
  }
  await chmod(folder, 0o711); // the account that runs the server for root must pass through; the secrets inside are 0600
  return folder;
}

function failureOf(error: unknown, folder: string): CommandFailure {
  const happened = error instanceof Error && error.message !== "" ? error.message : "The quickstart failed.";
  return new CommandFailure({
    happened: `The quickstart failed: ${happened}`,
    stillFine: "Everything that it started is stopped, and nothing outside its folder was touched.",
    next: `Its logs and files are in ${folder}.`,
  });
}
