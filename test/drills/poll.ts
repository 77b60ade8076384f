/** Waiting for what is known to come, with the words for when it does not. */
import { setTimeout as after } from "node:timers/promises";

const LONGEST_MS = 20_000;
const LOOK_MS = 15;

/** The first answer that is not undefined. `saw`: what is said where none comes. */
export async function poll<T>(
  what: string,
  look: () => Promise<T | undefined>,
  saw: () => string | undefined = () => undefined,
): Promise<T> {
  const end = performance.now() + LONGEST_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`It never came to be: ${what}. Last seen: ${saw() ?? "nothing"}`);
    await after(LOOK_MS);
  }
}
