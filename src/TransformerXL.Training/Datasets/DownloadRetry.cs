namespace TransformerXL.Training.Datasets;

/// <summary>An attempt to download that failed and will be repeated.</summary>
/// <param name="Reason">Why it failed.</param>
/// <param name="Attempt">The number of the next attempt, from 2; attempts that made progress do not count.</param>
/// <param name="MaxAttempts">The number of the last attempt.</param>
/// <param name="Pause">The time until the next attempt.</param>
internal readonly record struct DownloadRetry(string Reason, int Attempt, int MaxAttempts, TimeSpan Pause);
