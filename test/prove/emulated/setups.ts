/** Every issuer and every sink of the adapters that have an emulator, each in a setup of its own. */
import type { EmulatedSetup } from "./plug.ts";

export const EMULATED: Readonly<Record<string, EmulatedSetup>> = {};
