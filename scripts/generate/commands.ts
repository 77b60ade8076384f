import type { Command } from "commander";
import { openOutput } from "../../controller/cli/output.ts";
import { velvetProgram } from "../../controller/cli/program.ts";
import { generatedFrom } from "./markdown.ts";

const COLUMNS = 100;

/** `docs/reference/commands.md`: the help of every command, as it is shown. */
export function commandsReference(): string {
  let written = "";
  const out = openOutput({
    stdout: { write: (text) => void (written += text) },
    stderr: { write: () => undefined },
    noColour: "1",
  });
  const program = velvetProgram(out, async () => undefined);
  const helpOf = (command: Command): string => {
    written = "";
    const width = (): number => COLUMNS;
    command.configureOutput({ getOutHelpWidth: width, getOutHasColors: () => false }).outputHelp();
    return written.trimEnd();
  };
  const sections = commandsOf(program, []).map(
    ({ command, path }) => `## ${path.join(" ")}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  );
  return [
    generatedFrom("the commands themselves"),
    "",
    "# Commands",
    "",
    "`./velvet <command>` in a checkout, `velvet <command>` where the package is installed. Each says the same with `--help`. Exit",
    "codes: 0 done, 1 failed or not so, 2 misuse.",
    "",
    ...sections,
  ].join("\n");
}

/** The program itself and every command below it that does something, in their order. */
function commandsOf(command: Command, above: readonly string[]): { command: Command; path: readonly string[] }[] {
  const path = [...above, command.name()];
  return [{ command, path }, ...command.commands.flatMap((each) => commandsOf(each, path))];
}
