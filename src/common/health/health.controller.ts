import { Controller, Get, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Answers } from '../http/api.decorators.js';
import { Public } from '../security/principal.js';
import { Readiness } from './readiness.js';

const LivenessSchema = z.object({ status: z.literal('ok') });

const PartSchema = z.object({
  status: z.enum(['up', 'down']),
  message: z.string().optional(),
  /** Milliseconds. */
  responseTime: z.int().optional(),
  cachedResponse: z.boolean().optional(),
});
const PartsSchema = z.record(z.string(), PartSchema);
const ReadinessSchema = z
  .object({
    status: z.enum(['ok', 'error', 'shutting_down']),
    info: PartsSchema,
    error: PartsSchema,
    details: PartsSchema,
  })
  .meta({ id: 'Readiness' });

@ApiTags('system')
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process alone: a database that is away is no reason to kill it. */
  @Get('health')
  @Public()
  @Answers({ summary: 'Whether the process is alive', schema: LivenessSchema })
  health(): z.infer<typeof LivenessSchema> {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @Answers({ summary: 'Whether the process should be sent work', schema: ReadinessSchema })
  @ApiResponse({
    status: 503,
    description: 'Not now; `error` names the parts',
    standardSchema: ReadinessSchema,
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof ReadinessSchema>> {
    const result = await this.readiness.check();
    reply.status(result.status === 'ok' ? 200 : 503);
    return ReadinessSchema.parse(result);
  }
}
