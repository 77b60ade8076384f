/** What a half-typed command line may go on with, as `kubectl` asks its plugins. Pure but for the names that it is told. */
import type { Flag, Node } from "./completion.ts";

export interface Suggestion {
  readonly value: string;
  readonly description?: string | undefined;
}

/** What only a cluster or a kubeconfig knows. */
export interface Wanted {
  /** As the argument is called: `request`, `credential`, `consumer`, `vendor-id`, `name`; or `namespace`, `context`. */
  readonly what: string;
  /** The command: who approves is not shown what has no gate. */
  readonly command: string;
  /** Typed before it, without the command. */
  readonly before: readonly string[];
  readonly options: Typed["options"];
  /** What is typed of it. */
  readonly current: string;
}

export interface Completed {
  readonly suggestions: readonly Suggestion[];
  /** Names of files go on too. */
  readonly files: boolean;
}

interface Typed {
  readonly node: Node;
  readonly before: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  /** The option whose value comes next. */
  readonly open: Flag | undefined;
}

/** `words` are those behind `kubectl velvet`; the last one is being typed, and may be empty. */
export async function complete(
  root: Node,
  words: readonly string[],
  namesOf: (wanted: Wanted) => Promise<readonly Suggestion[]>,
): Promise<Completed> {
  const current = words.at(-1) ?? "";
  const typed = read(root, words.slice(0, -1));
  const ask = async (what: string): Promise<readonly Suggestion[]> =>
    namesOf({ what, command: typed.node.name, before: typed.before, options: typed.options, current });
  const found = await possible(root, typed, current, ask);
  return { ...found, suggestions: found.suggestions.filter(({ value }) => value.startsWith(current)) };
}

async function possible(
  root: Node,
  { node, before, open }: Typed,
  current: string,
  ask: (what: string) => Promise<readonly Suggestion[]>,
): Promise<Completed> {
  if (open) return valueOf(open, ask);
  if (current.startsWith("-")) return { suggestions: flagsOf(node, root).map(flagText), files: false };
  const argument = node.wants[before.length] ?? "";
  const suggestions = [
    ...(before.length === 0 ? node.children.map(({ name, description }) => ({ value: name, description })) : []),
    ...(before.length === 0 ? node.choices.map((value) => ({ value })) : []),
    ...(NAMED.has(argument) ? await ask(argument) : []),
  ];
  return { suggestions, files: node.wants.at(-1) === "paths" };
}

const NAMED: ReadonlySet<string> = new Set(["request", "credential", "consumer", "vendor-id", "name"]);
/** Options whose values have names in a cluster or a kubeconfig. */
const NAMED_OPTIONS: ReadonlySet<string> = new Set(["--namespace", "--context", "--credential"]);

async function valueOf(
  { names, choices }: Flag,
  ask: (what: string) => Promise<readonly Suggestion[]>,
): Promise<Completed> {
  const named = names.find((name) => NAMED_OPTIONS.has(name));
  if (named !== undefined) return { suggestions: await ask(named.slice(2)), files: false };
  return { suggestions: choices.map((value) => ({ value })), files: choices.length === 0 };
}

function flagText({ names, description }: Flag): Suggestion {
  return { value: names[0] ?? "", description };
}

function flagsOf(node: Node, root: Node): readonly Flag[] {
  return node === root ? root.flags : [...node.flags, ...root.flags.filter(({ names }) => !names.includes("--help"))];
}

function read(root: Node, words: readonly string[]): Typed {
  const begun: Typed = { node: root, before: [], options: {}, open: undefined };
  return words.reduce((typed, word) => next(root, typed, word), begun);
}

function next(root: Node, typed: Typed, word: string): Typed {
  const { node, before, options, open } = typed;
  if (open) return { ...typed, open: undefined, options: { ...options, [open.names[0] ?? ""]: word } };
  if (word.startsWith("-")) return withOption(root, typed, word);
  const child = before.length === 0 ? node.children.find(({ name }) => name === word) : undefined;
  return child ? { ...typed, node: child } : { ...typed, before: [...before, word] };
}

function withOption(root: Node, typed: Typed, word: string): Typed {
  const [name = "", value] = word.split(/=(.*)/s);
  // Before its command, -n is one of commands that are not known yet.
  const flag = flagsOf(typed.node, root).find(({ names }) => names.includes(name)) ?? anywhere(root, name);
  if (flag?.takesValue !== true) return typed;
  if (value === undefined) return { ...typed, open: flag };
  return { ...typed, options: { ...typed.options, [flag.names[0] ?? name]: value } };
}

function anywhere(root: Node, name: string): Flag | undefined {
  return root.children.flatMap(({ flags }) => flags).find(({ names }) => names.includes(name));
}
