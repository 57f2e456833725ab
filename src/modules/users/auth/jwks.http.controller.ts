import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../../../common/http/api.decorators.js';
import { Public } from '../../../common/security/principal.js';
import { JwksSchema } from '../users.schemas.js';
import { SigningKeys } from './signing-keys.js';

@ApiTags('users')
@Controller('.well-known')
export class JwksHttpController {
  constructor(private readonly keys: SigningKeys) {}

  @Public()
  @Get('jwks.json')
  // A new key is published ten minutes before it signs.
  @Header('Cache-Control', 'public, max-age=300')
  @Answers({ summary: 'The public keys that verify access tokens', schema: JwksSchema })
  jwks() {
    return this.keys.published();
  }
}
