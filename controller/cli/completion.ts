/** Completion scripts, made from the program itself, so that they cannot differ from it. Nothing is run while a person types. */
import type { Command } from "commander";

export type Shell = "bash" | "zsh" | "fish";

export interface Flag {
  /** `--namespace`, `-n`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface Node {
  /** `request rotate`; empty for the program. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  /** Of its first argument, where they are fixed. */
  readonly choices: readonly string[];
  /** What its arguments are called, in their order. */
  readonly wants: readonly string[];
  readonly children: readonly Node[];
}

/** What there is to complete. */
export function commandTree(program: Command, path = ""): Node {
  const help = { names: ["--help", "-h"], description: "how it is used", takesValue: false, choices: [] };
  const flags = program.options
    .filter((option) => !option.hidden)
    .map((option): Flag => ({
      names: [option.long, option.short].filter((name) => typeof name === "string"),
      description: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    }));
  return {
    path,
    name: program.name(),
    description: program.description(),
    flags: [...flags, help],
    choices: program.registeredArguments[0]?.argChoices ?? [],
    wants: program.registeredArguments.map((argument) => argument.name()),
    children: program.commands.map((child) => commandTree(child, `${path} ${child.name()}`.trim())),
  };
}

/** kubectl completes its plugins by itself, where it finds `kubectl_complete-velvet`: so the completion of the plugin is kubectl's. */
export function pluginScript(shell: Shell): string {
  const load = shell === "fish" ? "kubectl completion fish | source" : `source <(kubectl completion ${shell})`;
  return [
    "# Completion of kubectl velvet: kubectl's own, which asks kubectl_complete-velvet on the PATH.",
    load,
    "",
  ].join("\n");
}

/** To be put on the PATH as `kubectl_complete-velvet` where the package did not: it runs the plugin that is there. */
export function pluginProgram(): string {
  return '#!/bin/sh\nexec kubectl-velvet __complete "$@"\n';
}

export function completionScript(shell: Shell, root: Node): string {
  const nodes = flatten(root);
  if (shell === "fish") return fish(root, nodes);
  const body = bash(root, nodes);
  return shell === "bash" ? body : `autoload -U +X bashcompinit && bashcompinit\n${body}`;
}

function flatten(node: Node): Node[] {
  return [node, ...node.children.flatMap(flatten)];
}

/**
 * Plain bash 3: macOS has no newer one. First the command that is being typed is found, then its words; files where an option's value
 * may be one.
 */
function bash(root: Node, nodes: readonly Node[]): string {
  const steps = nodes.flatMap((node) =>
    node.children.map((child) => `      "${node.path}:${child.name}") path="${child.path}" ;;`),
  );
  const words = nodes.map((node) => `    "${node.path}") words="${wordsOf(node).join(" ")}" ;;`);
  const values = nodes.flatMap((node) =>
    node.flags
      .filter(({ takesValue }) => takesValue)
      .map(({ names, choices }) => {
        const patterns = names.map((name) => `"${node.path}:${name}"`).join("|");
        const then = choices.length > 0 ? `words="${choices.join(" ")}"` : "files=1";
        return `    ${patterns}) ${then}; value=1 ;;`;
      }),
  );
  return [
    `# Completion of velvet for bash and zsh. Made by \`velvet completion\`.`,
    "_velvet() {",
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"`,
    `  local path="" words="" files="" value="" at`,
    "  for ((at = 1; at < COMP_CWORD; at++)); do",
    `    case "$path:\${COMP_WORDS[at]}" in`,
    ...steps,
    "    esac",
    "  done",
    `  case "$path:$previous" in`,
    ...values,
    "  esac",
    `  if [ -z "$value" ]; then case "$path" in`,
    ...words,
    "  esac; fi",
    `  COMPREPLY=($(compgen -W "$words" -- "$current"))`,
    `  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi`,
    "}",
    `complete -o default -F _velvet ${root.name} ./${root.name}`,
    "",
  ].join("\n");
}

function wordsOf({ children, choices, flags }: Node): string[] {
  return [...children.map(({ name }) => name), ...choices, ...flags.flatMap(({ names }) => names)];
}

function fish(root: Node, nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const seen = condition(node);
    const below = node.children.map(
      ({ name, description }) => `complete -c ${root.name} -n ${seen} -f -a ${name} -d ${single(description)}`,
    );
    const words = node.choices.map((choice) => `complete -c ${root.name} -n ${seen} -f -a ${choice}`);
    return [...below, ...words, ...node.flags.map((flag) => fishFlag(root.name, seen, flag))];
  });
  return [`# Completion of velvet for fish. Made by \`velvet completion\`.`, ...lines, ""].join("\n");
}

/** True where exactly this command has been typed: its own words, and none of those below it. */
function condition({ path, children }: Node): string {
  const typed = path === "" ? [] : path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const names = children.map(({ name }) => name).join(" ");
  const deeper = names === "" ? [] : [`not __fish_seen_subcommand_from ${names}`];
  const all = [...typed, ...deeper].join("; and ");
  return single(all === "" ? "true" : all);
}

function fishFlag(program: string, seen: string, { names, description, takesValue, choices }: Flag): string {
  const spelt = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
  const value = takesValue ? (choices.length > 0 ? ` -x -a ${single(choices.join(" "))}` : " -r") : "";
  return `complete -c ${program} -n ${seen} ${spelt}${value} -d ${single(description)}`;
}

function single(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
