/** `velvet audit`: the tamper-evident record. */
import type { Command } from "commander";
import type { AuditVerifyOptions } from "./audit.ts";
import type { AuditEraseOptions } from "./audit-erase.ts";
import type { AuditExportOptions } from "./audit-export.ts";
import type { AuditShowOptions } from "./audit-show.ts";
import type { Run } from "./command.ts";
import { formatOption, namespaceOption, withExamples } from "./options.ts";

export function addAudit(program: Command, run: Run): void {
  const audit = program.command("audit").description("the tamper-evident record");
  addVerify(audit, run);
  addShow(audit, run);
  addExport(audit, run);
  addErase(audit, run);
}

function addVerify(audit: Command, run: Run): void {
  const command = audit
    .command("verify")
    .description("verify every audit chain and checkpoint, independently of what wrote them")
    .option("--from <file>", "verify an exported record, without any ledger")
    .option("--checkpoint <file>", "a published checkpoint; default: VELVET_CHECKPOINT_FILE, where it is there")
    .option(
      "--public-key <key>",
      "the first key of the checkpoints, as you know it from elsewhere; later ones follow from it",
    )
    .addOption(formatOption("json"))
    .action(async (options: AuditVerifyOptions) =>
      run(async (context) => (await import("./audit.ts")).auditVerifyCommand(context, options)),
    );
  withExamples(command, [
    ["velvet audit verify", "names the first bad row of each, and ends with 1"],
    ["velvet audit verify --checkpoint kept/checkpoint.json", "is the ledger behind what was published?"],
    ["velvet audit verify --from record.jsonl --public-key own:…", "an auditor's own machine"],
    ["velvet audit verify -o json", ""],
  ]);
}

function addShow(audit: Command, run: Run): void {
  const command = audit
    .command("show")
    .argument("<rotation>", "name of a RotationRequest or of a Credential, or a rotation's id")
    .description("who did what, when, and with which evidence; verifies what it shows")
    .addOption(namespaceOption())
    .option("--limit <count>", "the last so many rotations", "20")
    .addOption(formatOption("json"))
    .action(async (name: string, options: AuditShowOptions) =>
      run(async (context) => (await import("./audit-show.ts")).auditShowCommand(context, name, options)),
    );
  withExamples(command, [
    ["velvet audit show orders/rotate-1", "one rotation, from its request to its end"],
    ["velvet audit show orders-db --limit 3", "the last three of one Credential"],
    ["velvet audit show orders/rotate-1 -o json", "for a report"],
  ]);
}

function addExport(audit: Command, run: Run): void {
  const command = audit
    .command("export")
    .description("write the record as JSON lines, which `audit verify --from` verifies without a ledger")
    .option("--since <time>", "only what happened from then on: 2026-01-01, or RFC 3339")
    .option("--until <time>", "only what happened before")
    .option("--to <file>", "where it is written; must not exist yet; default: stdout")
    .action(async (options: AuditExportOptions) =>
      run(async (context) => (await import("./audit-export.ts")).auditExportCommand(context, options)),
    );
  withExamples(command, [
    ["velvet audit export --to record.jsonl", "everything"],
    ["velvet audit export --since 2026-01-01 --until 2026-04-01 --to quarter.jsonl", "a quarter"],
    ["velvet audit export | gzip > record.jsonl.gz", ""],
  ]);
}

function addErase(audit: Command, run: Run): void {
  const command = audit
    .command("erase")
    .description("erase a person's name or a ticket from everything that has ended; the chains stay whole")
    .option("--actor <name>", "a person, as they stand in requests and decisions")
    .option("--ticket <ticket>", "a ticket")
    .requiredOption("--reason <text>", "why; it is kept, so name nobody in it")
    .option("--decided-by <who>", "who decides; default: git's user.name, else the account's name")
    .option("--confirm <text>", "the name or ticket once more; without it you are asked to type it")
    .addOption(formatOption("json"))
    .action(async (options: AuditEraseOptions) =>
      run(async (context) => (await import("./audit-erase.ts")).auditEraseCommand(context, options)),
    );
  withExamples(
    command,
    [
      ['velvet audit erase --actor ana --reason "asked to be forgotten"', "asks you to type the name"],
      ["velvet audit erase --ticket HR-7 --confirm HR-7 --reason retention -o json", "for a program"],
    ],
    "Run it where the controller runs, with the ledger owner's role. Exit codes: 0 erased; 1 something under way still needs it.",
  );
}
