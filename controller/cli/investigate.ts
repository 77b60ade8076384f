import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { investigationOf } from "./investigation.ts";
import { namedBy } from "./names.ts";
import type { Reading } from "./reading.ts";
import { unknownRequest } from "./status.ts";

export interface InvestigateOptions {
  readonly namespace?: string;
  readonly output?: "json";
}

/** `velvet investigate`: the ticket of a leak that goes on, ready to be opened. Changes nothing. */
export async function investigateCommand(
  context: CommandContext,
  text: string,
  options: InvestigateOptions,
  reading: Reading,
): Promise<ExitCode> {
  const { rotations, requests } = await reading.described(namedBy(text, options.namespace));
  if (rotations.length + requests.length === 0) throw unknownRequest(reading, text);
  const found = rotations.flatMap((rotation) => investigationOf(rotation) ?? []);
  const [ticket, another] = found;
  if (another)
    throw new CommandFailure({ happened: `Two requests are called ${text}.`, next: "Name its namespace: -n." }, 2);
  if (!ticket) {
    throw new CommandFailure({
      happened: `No consumer of ${text} is known to let an old value in.`,
      stillFine: "There is nothing to investigate.",
      next: `Look at it with: velvet describe ${text}`,
    });
  }
  if (options.output === "json") context.out.json(ticket);
  else context.out.raw(`# ${ticket.title}\n\n${ticket.body}`);
  return 0;
}
