using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Training;

/// <summary>
/// The mean of the weights of several checkpoints of a run, which often predicts better than each of them (Vaswani et al.
/// 2017, section 6.1; Izmailov et al. 2018).
/// </summary>
public static class CheckpointAverage
{
    private const int Attempts = 20;

    /// <summary>Writes the mean of the newest kept checkpoints as the checkpoint <c>average</c> of the run.</summary>
    /// <param name="path">The folder of the run.</param>
    /// <param name="last">How many; all that there are if there are fewer.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written then.</param>
    /// <returns>The checkpoints that were averaged, the oldest first.</returns>
    /// <exception cref="InputException">The run has kept none, or files are damaged.</exception>
    public static IReadOnlyList<KeptCheckpoint> Write(string path, int last = 5, CancellationToken cancellationToken = default)
    {
        Require.Between("checkpoints to average", last, 1, int.MaxValue);
        RunDirectory run = RunDirectory.Open(path);
        // A training may go on meanwhile: it keeps away from the average, and this from its checkpoints.
        using RunLock held = RunLock.TakeForAverage(run.Path);
        for (int attempt = 1; ; attempt++)
        {
            KeptCheckpoint[] kept = [.. run.KeptCheckpoints().TakeLast(last)];
            Require.That(kept.Length > 0, $"'{path}' has kept no checkpoints to average; a training keeps them if its keepEvery is above 0", [new("training.keepEvery")]);
            try
            {
                Write(run, kept, cancellationToken);
                return kept;
            }
            catch (InputException) when (attempt < Attempts && kept.Any(checkpoint => !Checkpoint.Exists(checkpoint.Path)))
            {
                // The training has removed an old one meanwhile.
            }
        }
    }

    private static void Write(RunDirectory run, KeptCheckpoint[] kept, CancellationToken cancellationToken)
    {
        ModelConfiguration configuration = run.ReadConfiguration().Model;
        Checkpoint.RequireValues(kept[^1].Path, configuration);
        LanguageModel model = LanguageModel.Create(configuration);
        Average(kept, Checkpoint.WeightsFile, [.. model.Parameters], cancellationToken);
        IReadOnlyList<Parameter> head = Checkpoint.HeadFile(kept[^1].Path) is { } file ? HeadWeights.Like(file) : [];
        Average(kept, checkpoint => Checkpoint.HeadFile(checkpoint) ?? throw new InputException($"the checkpoint {checkpoint} has no weights of a head, but {kept[^1].Path} has"), head, cancellationToken);
        // No validation has measured these weights.
        Checkpoint.SaveWeights(run.AverageCheckpoint, model, Checkpoint.ReadState(kept[^1].Path) with { ValidationLoss = null }, head);
    }

    private static void Average(KeptCheckpoint[] kept, Func<string, string> fileOf, IReadOnlyList<Parameter> parameters, CancellationToken cancellationToken)
    {
        if (parameters.Count == 0)
        {
            return;
        }

        List<SafetensorsFile> files = [];
        try
        {
            files.AddRange(kept.Select(checkpoint => SafetensorsFile.Open(fileOf(checkpoint.Path))));
            foreach (Parameter parameter in parameters)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Average(files, parameter);
            }
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    /// <summary>One parameter at a time, so that a large model needs memory for itself and its largest parameter only.</summary>
    private static void Average(List<SafetensorsFile> files, Parameter parameter)
    {
        Span<float> values = parameter.Value.Span;
        double[] sums = new double[values.Length];
        foreach (SafetensorsFile file in files)
        {
            ModelWeights.Read(file, parameter.Name, parameter.Value);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += values[i];
            }
        }

        for (int i = 0; i < sums.Length; i++)
        {
            values[i] = (float)(sums[i] / files.Count);
        }
    }
}
