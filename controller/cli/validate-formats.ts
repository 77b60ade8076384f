/** A verdict on manifests as people, pull requests and code scanners read it. Pure. */
import type { Problem } from "../sources/look.ts";
import { type Colours, printable } from "./output.ts";

/** `file:line:column Code message`, like a compiler's, with what was probably meant below. */
export function problemText(problems: readonly Problem[], { bold, red, dim }: Colours): string {
  return problems
    .map(({ path, line, column, code, message, suggestion }) => {
      const hint = suggestion === undefined ? "" : `    ${dim(printable(suggestion))}\n`;
      return `${bold(`${printable(path)}:${line}:${column}`)} ${red(code)} ${printable(message)}\n${hint}`;
    })
    .join("");
}

/**
 * Workflow commands, which GitHub shows beside the line in a pull request:
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
 */
export function problemCommands(problems: readonly Problem[]): string {
  return problems
    .map(({ path, line, column, code, message, suggestion }) => {
      const place = line > 0 ? `,line=${line},col=${column}` : "";
      const text = suggestion === undefined ? printable(message) : `${printable(message)}\n${printable(suggestion)}`;
      return `::error file=${property(path)}${place},title=${property(code)}::${escaped(text)}\n`;
    })
    .join("");
}

/** As the runner's own toolkit escapes: a line break would end the command, and begin another one. */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
