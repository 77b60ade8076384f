import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { type SinkBench, sinkConformance } from "../conformance/sink.ts";
import { connectedTo, sinkOn } from "./bench.fixture.ts";
import { type AwsEmulator, openAwsEmulator } from "./emulator.ts";
import { currentOf } from "./emulator-secrets.ts";

type Means = Pick<SinkBench, "plant" | "peek" | "stamp">;

async function bench(block: object, means: (emulator: AwsEmulator) => Means): Promise<SinkBench> {
  const emulator = await openAwsEmulator();
  const connection = connectedTo(emulator);
  return {
    sink: sinkOn(connection, block),
    other: () => sinkOn(connectedTo(emulator), block),
    ...means(emulator),
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

/** Past the sink, in the store itself. */
function parameters({ ssm }: AwsEmulator, label?: string): Means {
  const inPath = () => [...ssm.parameters.values()].filter(({ name }) => name.startsWith("/orders/production/"));
  return {
    plant: async (values) => {
      for (const [key, Value] of Object.entries(values)) {
        const request = { Name: `/orders/production/${key}`, Value, Type: "SecureString", Overwrite: true };
        ssm.put(request, Date.now(), "arn:aws:iam::123456789012:user/somebody");
        const versions = ssm.parameters.get(request.Name)?.versions ?? [];
        if (label === undefined) continue;
        for (const version of versions) version.labels.delete(label);
        versions.at(-1)?.labels.add(label);
      }
    },
    peek: async () =>
      Object.fromEntries(
        inPath().map(({ name, versions }) => {
          const used = versions.findLast(({ labels }) => label === undefined || labels.has(label));
          return [name.slice("/orders/production/".length), used?.value ?? "(no label)"];
        }),
      ),
    stamp: async () =>
      inPath()
        .map(({ name, versions }) => `${name} ${versions.at(-1)?.version ?? 0}`)
        .join(" "),
  };
}

const NOT_ATOMIC = {
  "changes all keys at once": "Each parameter is written by a request of its own.",
  "refuses a write against an older version": "PutParameter cannot be made to depend on a version.",
  "creates against the version of a missing target": "PutParameter cannot be made to depend on a version.",
};

sinkConformance({
  name: "aws, parameters",
  make: () => bench({ parameters: { path: "/orders/production" } }, (emulator) => parameters(emulator)),
  impossible: NOT_ATOMIC,
  values: ["a\nb", " x ", "{ {x} }"],
});

sinkConformance({
  name: "aws, parameters read by label",
  make: () =>
    bench({ parameters: { path: "/orders/production", label: "velvet-current" } }, (emulator) =>
      parameters(emulator, "velvet-current"),
    ),
  impossible: NOT_ATOMIC,
});

function secret({ secrets }: AwsEmulator): Means {
  const held = () => secrets.secrets.get("orders/production");
  const peek = (): Record<string, string> => {
    const text = held()?.versions.get(currentOf(held()) ?? "")?.text;
    return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
  };
  return {
    plant: async (values) =>
      void secrets.plant("orders/production", JSON.stringify({ ...peek(), ...values }), Date.now()),
    // A look takes a turn, as at a real vendor: what only ever looks must not keep the others from writing.
    peek: async () => {
      await setImmediate();
      return peek();
    },
    stamp: async () => currentOf(held()) ?? randomUUID(),
  };
}

sinkConformance({
  name: "aws, secret",
  make: () => bench({ secret: { name: "orders/production" } }, secret),
  values: ['it\'s "quoted" \\ more', "a\r\nb", " x ", ""],
});
