import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import type { FastifyReply } from 'fastify';
import { Public } from '../security/principal.js';

/** The process's metrics, in the text format of OpenMetrics. */
@ApiTags('system')
@Controller()
export class MetricsController extends PrometheusController {
  @Get('metrics')
  @Public()
  @ApiOperation({ summary: 'Metrics for Prometheus' })
  @ApiOkResponse({
    description: 'Metrics',
    content: { 'application/openmetrics-text': { schema: { type: 'string' } } },
  })
  override index(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return super.index(reply);
  }

  /** Where scrapers made for Spring look. */
  @Get('actuator/prometheus')
  @Public()
  @ApiExcludeEndpoint()
  actuator(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return super.index(reply);
  }
}
