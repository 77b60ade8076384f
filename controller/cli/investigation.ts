/** The ticket of a leak that goes on: what leaks, who lets it in, what is done already, what a person has to do. Pure; holds no value. */
import type { DescribedConsumer, DescribedRotation } from "./describe-report.ts";
import { printable } from "./output.ts";
import { present } from "./present.ts";

/** What `velvet investigate -o json` prints (`docs/reference/schemas/investigate.json`). */
export interface Investigation {
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly since?: string;
  /** Those that let the old value in. */
  readonly consumers: readonly string[];
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** Undefined: nobody lets anything in. */
export function investigationOf(rotation: DescribedRotation): Investigation | undefined {
  const { namespace, name, credential, stages } = rotation;
  const leaking = rotation.consumers.filter(isLeaking);
  if (leaking.length === 0) return undefined;
  const ids = leaking.map(({ id }) => id);
  const since = stages.findLast(({ stage }) => stage === "RevLeaked")?.at;
  return {
    namespace,
    name,
    credential,
    ...present({ since }),
    consumers: ids,
    title: `${ids.join(", ")} still ${ids.length === 1 ? "lets" : "let"} the leaked credential ${namespace}/${credential} in`,
    body: [...facts(rotation, since), ...whoLetsIn(leaking), ...others(rotation), ...whatToDo(rotation, ids), ""].join(
      "\n",
    ),
  };
}

function isLeaking({ state }: DescribedConsumer): boolean {
  return state === "leaking";
}

function facts(rotation: DescribedRotation, since: string | undefined): string[] {
  const { namespace, name, credential, credentialName, environment, requestedBy, reason, ticket } = rotation;
  const ended = rotation.conditions.find(({ type }) => type === "Revoked")?.message;
  return [
    `- **Credential**: ${plain(`${namespace}/${credential}`)} (${plain(credentialName)}, ${plain(environment)})`,
    `- **Revocation**: ${plain(`${namespace}/${name}`)}, asked for by ${plain(requestedBy)}: ${plain(reason)}${ticket === undefined ? "" : ` (${plain(ticket)})`}`,
    ...(since === undefined ? [] : [`- **Known since**: ${since}`]),
    ...(ended === undefined ? [] : [`- **What ended**: ${plain(ended)}`]),
  ];
}

function whoLetsIn(leaking: readonly DescribedConsumer[]): string[] {
  return ["", "## Who still lets the old value in", "", ...consumerTable(leaking)];
}

function others({ consumers }: DescribedRotation): string[] {
  const rest = consumers.filter((consumer) => !isLeaking(consumer));
  return rest.length === 0 ? [] : ["", "## The others", "", ...consumerTable(rest)];
}

function consumerTable(consumers: readonly DescribedConsumer[]): string[] {
  return [
    "| consumer | account | state | what is known |",
    "| --- | --- | --- | --- |",
    ...consumers.map((each) => `| ${[each.id, each.account, each.state, each.message].map(plain).join(" | ")} |`),
  ];
}

function whatToDo({ namespace, name, nextSteps }: DescribedRotation, ids: readonly string[]): string[] {
  return [
    "",
    "## What to do",
    "",
    ...ids.map(
      (id) => `- [ ] Make ${plain(id)} drop the value: restart it, empty its caches, take it off the network.`,
    ),
    "- [ ] Look for uses of the old value since it leaked, in the logs of the vendor and of everybody above.",
    `- [ ] Look whether Velvet is refused by now, which ends it by itself: \`velvet describe ${namespace}/${name}\``,
    ...nextSteps
      .filter(({ command }) => command.startsWith("velvet resolve-leak "))
      .map(({ command }) => `- [ ] Where Velvet cannot see that it is over, say so: \`${command}\``),
  ];
}

/** What others wrote, in a line of Markdown that it cannot leave. */
function plain(text: string): string {
  return printable(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\`*_{}[\]<>|#@]/g, String.raw`\$&`);
}
