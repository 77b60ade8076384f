/**
 * The version of our keys in one folder, as text: `A=<id>.<version> B=<id>.<version>`. Where a write waits for an approval, it is what
 * was there before, behind the ids of the approval requests: `awaiting <id>,<id> A=<id>.<version> B=-`. Pure.
 */
export type Versions = ReadonlyMap<string, string | undefined>;

export interface Awaited {
  readonly requests: readonly string[];
  readonly before: Versions;
}

const AWAITING = "awaiting ";
const ABSENT = "-";

/** What is not there has no part in it. */
export function versionText(versions: Versions): string {
  return entriesOf(versions)
    .flatMap(([name, version]) => (version === undefined ? [] : [`${name}=${version}`]))
    .join(" ");
}

export function awaitedText({ requests, before }: Awaited): string {
  const parts = entriesOf(before).map(([name, version]) => `${name}=${version ?? ABSENT}`);
  return `${AWAITING}${requests.join(",")} ${parts.join(" ")}`;
}

/** Undefined for a version that waits for nothing. */
export function awaitedIn(text: string | undefined): Awaited | undefined {
  if (!text?.startsWith(AWAITING)) return undefined;
  const [requests = "", ...parts] = text.slice(AWAITING.length).split(" ");
  const before = parts.map((part): [string, string | undefined] => {
    const middle = part.lastIndexOf("=");
    const version = part.slice(middle + 1);
    return [part.slice(0, middle), version === ABSENT ? undefined : version];
  });
  return { requests: requests.split(","), before: new Map(before) };
}

function entriesOf(versions: Versions): readonly (readonly [string, string | undefined])[] {
  return [...versions].toSorted(([one], [other]) => (one < other ? -1 : 1));
}
