/** The command blocks of a document, in order, and what the document says that they print. Pure. */

export interface Block {
  /** Of its first line in the file. */
  readonly line: number;
  readonly script: string;
  /** What the `text` block right below shows: `…` stands for anything. */
  readonly shows?: string;
  /** Why it is not run: `<!-- not run: … -->` above it. */
  readonly notRun?: string;
  /** What it takes for granted: `<!-- given: … -->` above it. */
  readonly given?: string;
}

const FENCE =
  /(?:^ *<!-- (?<key>not run|given): (?<value>.+?) -->\n+)?^(?<indent> *)```(?<language>\w+)\n(?<body>[\s\S]*?)^\k<indent>```$/gm;
const SHOWN = /^\n+ *```text\n([\s\S]*?)^ *```$/m;

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(FENCE)].flatMap((match) => {
    const { key, value, indent = "", language, body = "" } = match.groups ?? {};
    if (language !== "sh") return [];
    const start = match.index + match[0].length;
    const shows = markdown.startsWith("\n", start) ? below(markdown.slice(start)) : undefined;
    const opening = match[0].length - body.length - indent.length - "```".length;
    return {
      line: markdown.slice(0, match.index + opening).split("\n").length,
      script: unindented(body, indent),
      ...(shows === undefined ? {} : { shows: unindented(shows, indent) }),
      ...(value === undefined ? {} : { [key === "given" ? "given" : "notRun"]: value }),
    };
  });
}

/** Only where nothing but empty lines stands between. */
function below(rest: string): string | undefined {
  const match = SHOWN.exec(rest);
  return match?.index === 0 ? match[1] : undefined;
}

function unindented(text: string, indent: string): string {
  return text
    .split("\n")
    .map((line) => line.slice(indent.length))
    .join("\n")
    .trimEnd();
}

/** Whether `said` is what is shown: `…` is anything, also over lines; runs of blanks count as one. */
export function isShown(shows: string, said: string): boolean {
  const plain = (text: string): string => text.trim().replaceAll(/[ \t]+/g, " ");
  const pattern = plain(shows)
    .split("…")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*?");
  return new RegExp(`^${pattern}$`).test(plain(said));
}
