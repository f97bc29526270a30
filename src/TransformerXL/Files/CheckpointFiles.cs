using System.Text.Json.Nodes;
using TransformerXL.Heads;
using TransformerXL.Models;

namespace TransformerXL.Files;

/// <summary>The files of a checkpoint that are needed to use its weights; they can be read while a training replaces them.</summary>
internal static class CheckpointFiles
{
    public const string Weights = "model.safetensors", Head = "head.safetensors", State = "state.json";

    /// <summary>The name of the folder of a checkpoint while a newer one replaces it.</summary>
    public const string PreviousEnding = ".previous";

    // A state with the steps of 10,000 parameters needs a fifth of it.
    private const long MaxStateBytes = 1 << 20;

    /// <summary>The weights' file.</summary>
    /// <exception cref="InputException">There is no checkpoint.</exception>
    public static string WeightsFile(string folder) => Path.Combine(Find(folder), Weights);

    /// <summary>The folder that currently holds a checkpoint.</summary>
    /// <exception cref="InputException">There is no checkpoint.</exception>
    public static string Find(string folder) => FindWhole(folder) ?? throw new InputException($"there is no checkpoint in '{folder}'");

    /// <summary>The folder, or its predecessor if the program was killed while replacing it; null if neither is complete.</summary>
    public static string? FindWhole(string folder) =>
        IsWhole(folder) ? folder
        : !Directory.Exists(folder) && IsWhole(folder + PreviousEnding) ? folder + PreviousEnding
        // Checked again, because a training may have replaced it between the two checks.
        : IsWhole(folder) ? folder : null;

    public static bool IsWhole(string folder) => File.Exists(Path.Combine(folder, State)) && File.Exists(Path.Combine(folder, Weights));

    /// <summary>The missing files of a checkpoint, if its folder exists.</summary>
    public static IReadOnlyList<string> Missing(string folder, params IReadOnlyList<string> files) =>
        Directory.Exists(folder) ? [.. files.Where(file => !File.Exists(Path.Combine(folder, file)))] : [];

    /// <summary>Reads weights and their step; if a training replaces the checkpoint in the meantime, reads them again.</summary>
    /// <returns>The number of optimizer steps.</returns>
    public static long LoadWeights(string folder, LanguageModel model, TaskHead? head, bool atFirstUse, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        const int Attempts = 5;
        for (int attempt = 1; ; attempt++)
        {
            (long Step, double Seconds)? before = null;
            InputException failure;
            try
            {
                before = ReadProgress(folder);
                ModelWeights.Load(WeightsFile(folder), model, atFirstUse, progress, cancellationToken);
                if (head is not null)
                {
                    HeadWeights.Load(Path.Combine(Find(folder), Head), head);
                }

                if (ReadProgress(folder) == before)
                {
                    return before.Value.Step;
                }

                failure = new InputException($"'{folder}' is replaced faster than it can be read; stop the training, or let it save less often");
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

    /// <summary>The progress of the training; consecutive checkpoints differ in at least one of the two numbers.</summary>
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
        : throw new InputException($"{path}: {name} {(node is null ? "is missing" : "is not a number of the expected type")}");
}
