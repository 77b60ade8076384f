import { createMetrics } from "../../controller/metrics/metrics.ts";
import { escaped, generatedFrom } from "./markdown.ts";

/** `docs/reference/metrics.md`, from the instruments themselves. What every Node program tells of itself is left out. */
export async function metricsReference(): Promise<string> {
  const text = await createMetrics({ version: "", concurrency: 0 }).text(undefined);
  const helps = [...text.matchAll(/^# HELP (\S+) (.+)\n# TYPE \S+ (\S+)$/gm)];
  const own = helps.filter(([, name = ""]) => !/^(process|nodejs)_/.test(name));
  return [
    generatedFrom("controller/metrics/metrics.ts"),
    "",
    "# Metrics",
    "",
    "Served at `/metrics` where `VELVET_HTTP_PORT` is set, in the text form of Prometheus. What the ledger counts, every replica tells in",
    "the same way: take the `max`, not the `sum`. Where the ledger does not answer, these are `NaN` and `velvet_ledger_up` is 0. Beside them",
    "stand the `process_` and `nodejs_` metrics of every Node program, the event loop's delay among them.",
    "",
    "| metric | kind | meaning |",
    "| --- | --- | --- |",
    ...own.map(([, name, help = "", kind]) => `| \`${name}\` | ${kind} | ${escaped(help)} |`),
    "",
  ].join("\n");
}
