"""My data: what the city holds of the reader, who looked, taking it along, having it erased; and the proof of a history."""
