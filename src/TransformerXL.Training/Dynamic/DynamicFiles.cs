using TransformerXL.Models;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training.Dynamic;

/// <summary>What dynamic evaluation keeps in the folder of a run or of a model: statistics of gradients, and values that a search has found. Both name the weights that they belong to.</summary>
/// <param name="folder">The folder.</param>
/// <param name="model">The model as it was trained.</param>
internal sealed class DynamicFiles(string folder, LanguageModel model)
{
    private string? _weights;

    /// <summary>The file of the statistics.</summary>
    public string StatisticsPath { get; } = Path.Combine(folder, RunFolders.DynamicStatistics);

    /// <summary>The file of the values.</summary>
    public string SettingsPath { get; } = Path.Combine(folder, RunFolders.DynamicSettings);

    private string Weights => _weights ??= ModelWeights.Fingerprint(model);

    /// <summary>The statistics of these weights, gathered with these lengths; null if there are none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public GradientStatistics? LoadStatistics(ContextConfiguration context, long maxTokens) =>
        GradientStatisticsFile.Load(StatisticsPath, model, new StatisticsOrigin(Weights, context, maxTokens));

    /// <summary>Keeps statistics in place of those that are there.</summary>
    /// <exception cref="InputException">Nothing can be written in the folder.</exception>
    public void SaveStatistics(GradientStatistics statistics, ContextConfiguration context, long maxTokens) =>
        GradientStatisticsFile.Save(StatisticsPath, statistics, model, new StatisticsOrigin(Weights, context, maxTokens));

    /// <summary>What a search has found for these weights; null if nothing.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public TunedRule? FindTuned(DynamicRule rule) =>
        DynamicSettingsFile.Load(SettingsPath) is { } settings && settings.Weights == Weights ? settings.Find(rule) : null;

    /// <summary>Keeps what a search has found, beside what is there of other rules for the same weights.</summary>
    /// <exception cref="InputException">Nothing can be written in the folder.</exception>
    public void SaveTuned(TunedRule tuned)
    {
        DynamicSettings? settings = null;
        try
        {
            settings = DynamicSettingsFile.Load(SettingsPath);
        }
        catch (InputException)
        {
            // A damaged file gives way to a whole one.
        }

        settings = settings?.Weights == Weights ? settings : new DynamicSettings { Weights = Weights, Rules = [] };
        DynamicSettingsFile.Save(SettingsPath, settings.With(tuned));
    }
}
