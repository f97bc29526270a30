using System.Text.Json.Nodes;
using TransformerXL.Models;

namespace TransformerXL.Files;

/// <summary>The files of a checkpoint that using its weights needs, read also while a training replaces them.</summary>
internal static class CheckpointFiles
{
    public const string Weights = "model.safetensors", State = "state.json";

    /// <summary>The name of the folder of a checkpoint while a newer one replaces it.</summary>
    public const string PreviousEnding = ".previous";

    // A state with the steps of 10,000 parameters takes a fifth of it.
    private const long MaxStateBytes = 1 << 20;

    /// <summary>The weights' file.</summary>
    /// <exception cref="InputException">There is no checkpoint.</exception>
    public static string WeightsFile(string folder) => Path.Combine(Find(folder), Weights);

    /// <summary>The folder that holds a checkpoint now.</summary>
    /// <exception cref="InputException">There is no checkpoint.</exception>
    public static string Find(string folder) => FindWhole(folder) ?? throw new InputException($"there is no checkpoint in {folder}");

    /// <summary>The folder, or the one that was about to give way to it when the program was killed; null if neither is whole.</summary>
    public static string? FindWhole(string folder) =>
        IsWhole(folder) ? folder
        : !Directory.Exists(folder) && IsWhole(folder + PreviousEnding) ? folder + PreviousEnding
        // Asked once more, because a training may have replaced it between the two questions.
        : IsWhole(folder) ? folder : null;

    public static bool IsWhole(string folder) => File.Exists(Path.Combine(folder, State)) && File.Exists(Path.Combine(folder, Weights));

    /// <summary>Which of these files a checkpoint lacks, if its folder is there at all.</summary>
    public static IReadOnlyList<string> Missing(string folder, params IReadOnlyList<string> files) =>
        Directory.Exists(folder) ? [.. files.Where(file => !File.Exists(Path.Combine(folder, file)))] : [];

    /// <summary>Weights and the step that belongs to them, also while a training replaces the checkpoint: then they are read again.</summary>
    /// <returns>The optimizer steps that had been taken.</returns>
    public static long LoadWeights(string folder, LanguageModel model, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        const int Attempts = 5;
        for (int attempt = 1; ; attempt++)
        {
            (long Step, double Seconds)? before = null;
            InputException failure;
            try
            {
                before = ReadProgress(folder);
                ModelWeights.Load(WeightsFile(folder), model, progress, cancellationToken);
                if (ReadProgress(folder) == before)
                {
                    return before.Value.Step;
                }

                failure = new InputException($"{folder} is replaced faster than it can be read; stop the training, or let it save less often");
            }
            catch (InputException exception)
            {
                failure = exception;
            }

            if (attempt == Attempts || (before is not null && ReadProgress(folder) == before))
            {
                throw failure;
            }
        }
    }

    /// <summary>How far the training had come; no two checkpoints that take each other's place agree in both.</summary>
    private static (long Step, double Seconds) ReadProgress(string folder)
    {
        string path = Path.Combine(Find(folder), State);
        JsonObject json = JsonFile.Read(path, MaxStateBytes);
        long version = Number<long>(path, json, "version", 1);
        Require.That(version == 1, $"{path}: version {version} of a training state is not known; this program reads version 1");
        long step = Number<long>(path, json, "step", null);
        Require.That(step >= 0, $"{path}: step {step} must not be negative");
        return (step, Number<double>(path, json, "seconds", null));
    }

    private static T Number<T>(string path, JsonObject json, string name, T? standard) where T : struct =>
        !json.TryGetPropertyValue(name, out JsonNode? node) && standard is { } value ? value
        : node is JsonValue number && number.TryGetValue(out T read) ? read
        : throw new InputException($"{path}: {name} {(node is null ? "is missing" : "is not such a number as is expected")}");
}
