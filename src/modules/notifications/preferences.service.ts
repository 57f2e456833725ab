import { Injectable } from '@nestjs/common';
import { completed, lacksPhone, type Preferences } from './domain/preferences.js';
import { NotificationErrors } from './notifications.errors.js';
import type { PreferencesBody, PreferencesDto } from './notifications.schemas.js';
import { PreferenceStore } from './persistence/preference-store.js';

/** What a user wants to hear of, and how. */
@Injectable()
export class PreferencesService {
  constructor(private readonly preferences: PreferenceStore) {}

  async of(userId: string): Promise<PreferencesDto> {
    return completed(await this.preferences.of(userId));
  }

  async replace(userId: string, body: PreferencesBody): Promise<PreferencesDto> {
    const kinds = Object.fromEntries(
      Object.entries(body.kinds).filter(([, channels]) => channels !== undefined),
    );
    const preferences: Preferences = { phone: body.phone, kinds };
    if (lacksPhone(preferences)) {
      throw NotificationErrors.PHONE_REQUIRED('Give a phone number, or leave sms out of every kind');
    }
    await this.preferences.replace(userId, preferences);
    return completed(preferences);
  }
}
