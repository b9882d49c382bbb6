import { z } from 'zod';
import { field, fields, oneOf, whole } from './field-kinds.ts';

const bytes = (limit: number) => {
  const options = { error: 'a whole number of bytes, at least 1' };
  return z
    .int(options)
    .min(1, options)
    .meta({ maximum: limit, description: `Bytes in a packet, 1 to ${limit}.` });
};
const interval = () =>
  z
    .number({ error: 'a number of milliseconds above 0' })
    .positive({ error: 'a number of milliseconds above 0' })
    .meta(field('Milliseconds between two service intervals, at most; 0.125 is one microframe.'));
const transactions = () => whole(1, 3).meta(field('Packets per microframe at high speed.'));
const burst = (limit: number) => whole(1, limit).meta(field('Packets in a row at super speed.'));
const direction = () => oneOf('in', 'out').meta(field('in is towards the host.'));

const periodic = (maxBurst: number) => ({
  interval: interval().optional(),
  transactions: transactions().optional(),
  burst: burst(maxBurst).optional(),
  full: fields('what differs at full speed', {
    packetSize: bytes(1023).optional(),
    interval: interval().optional(),
  }).optional(),
  high: fields('what differs at high speed', {
    packetSize: bytes(1024).optional(),
    interval: interval().optional(),
    transactions: transactions().optional(),
  }).optional(),
  super: fields('what differs at super speed', {
    packetSize: bytes(1024).optional(),
    interval: interval().optional(),
    burst: burst(maxBurst).optional(),
  }).optional(),
});

/** An endpoint. */
export const endpoint = z
  .discriminatedUnion(
    'type',
    [
      fields('a bulk endpoint', {
        type: z.literal('bulk'),
        direction: direction(),
        burst: burst(16).optional(),
        full: fields('what differs at full speed', {
          packetSize: z
            .union([z.literal(8), z.literal(16), z.literal(32), z.literal(64)], { error: '8, 16, 32 or 64' })
            .optional(),
        }).optional(),
      }),
      fields('an interrupt endpoint', {
        type: z.literal('interrupt'),
        direction: direction(),
        packetSize: bytes(1024).optional(),
        ...periodic(3),
      }),
      fields('an isochronous endpoint', {
        type: z.literal('isochronous'),
        direction: direction(),
        packetSize: bytes(1024),
        ...periodic(16),
        mult: whole(1, 3).meta(field('Bursts per service interval at super speed.')).optional(),
        synchronization: oneOf('none', 'asynchronous', 'adaptive', 'synchronous').optional(),
        usage: oneOf('data', 'feedback', 'implicit-feedback').optional(),
      }),
    ],
    {
      error: (issue) =>
        typeof issue.input === 'object' && issue.input !== null && !Array.isArray(issue.input)
          ? '"bulk", "interrupt" or "isochronous"'
          : 'an object such as { type: bulk, direction: in }',
    },
  )
  .meta({ id: 'Endpoint' });
