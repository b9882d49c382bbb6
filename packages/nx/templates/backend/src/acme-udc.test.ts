import { conformanceSuite } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { describe, it } from 'vitest';
import { acmeUdc } from './acme-udc.ts';
import { NOT_YET } from './not-yet.ts';

conformanceSuite({ describe, it }, 'acme-udc', () => composePieces({ plugins: [acmeUdc()] }), {
  notYet: NOT_YET,
});
