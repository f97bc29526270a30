using System.Text.Json;
using System.Text.Json.Serialization;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;

namespace TransformerXL.Inference.Ordering;

/// <summary>
/// How the labels of texts that follow one another depend on each other, such as pieces of documents, messages of conversations, or lines of a log: the values of a <see cref="LabelFilter"/>.
/// The file <c>order.json</c> in the folder of a model keeps them.
/// </summary>
public sealed record LabelOrder
{
    /// <summary>The name of the file that keeps the values.</summary>
    internal const string FileName = "order.json";

    private const long MaxFileBytes = 16 << 20;

    /// <summary>The least share: quotients of probabilities and smaller shares may exceed a double.</summary>
    private const double LeastShare = 1e-12;

    /// <summary>The probability s that a text has the label of the text before, from 0 to less than 1; otherwise its label is drawn by <see cref="Shares"/>.</summary>
    public required double Stay { get; init; }

    /// <summary>The exponent w of the likelihood ratio of a text, above 0 and at most 1. Neighbouring texts say the same in part: together they say less than their number.</summary>
    public required double Weight { get; init; }

    /// <summary>The shares π_0 of the labels that a filter begins with, in the order of the labels of the model; at least 1e-12 each, their sum is 1. Those of the training, where they are known.</summary>
    public required IReadOnlyList<double> Shares { get; init; }

    /// <summary>SHA-256 of the weights of the head that the values were found with, in hexadecimal; null before they are saved.</summary>
    public string? Weights { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        const double Rounding = 1e-6;
        Require.That(Stay is >= 0 and < 1, FormattableString.Invariant($"stay is {Stay}, but must be from 0 to less than 1"), nameof(Stay));
        Require.That(Weight is > 0 and <= 1, FormattableString.Invariant($"weight is {Weight}, but must be above 0 and at most 1"), nameof(Weight));
        Require.Present("shares", Shares);
        Require.That(Shares.Count is >= 1 and <= HeadConfiguration.MaxLabels, $"there are {Shares.Count} shares, but there must be 1 to {HeadConfiguration.MaxLabels}", nameof(Shares));
        Require.That(Shares.All(share => share is >= LeastShare and <= 1) && Math.Abs(Shares.Sum() - 1) < Rounding, FormattableString.Invariant($"shares must be at least {LeastShare} and have the sum 1"), nameof(Shares));
    }

    /// <summary>The values that were found for the weights of a model.</summary>
    /// <param name="trained">The model.</param>
    /// <returns>Null if its folder keeps none, or those of other weights.</returns>
    /// <exception cref="InputException">The file is damaged; the message names it.</exception>
    public static LabelOrder? Find(ModelFolder trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        string path = Path.Combine(trained.Path, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        LabelOrder order = Read(path);
        return trained.Head is { } head && order.Shares.Count == head.Configuration.Labels.Count && order.Weights == FingerprintOf(head) ? order : null;
    }

    /// <summary>Keeps the values in the folder of a model, in place of those that are there.</summary>
    /// <param name="trained">The model that they were found with.</param>
    /// <exception cref="InputException">Nothing can be written in the folder, or the model does not predict one of as many labels as there are shares.</exception>
    public void Save(ModelFolder trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        Validate();
        TaskHead head = TaskFolders.Require(trained, "labels of texts in order", head => head.Kind == HeadKind.OneLabel);
        Require.That(Shares.Count == head.Configuration.Labels.Count, $"there are {Shares.Count} shares, but {trained.Path} has {head.Configuration.Labels.Count} labels", nameof(Shares));
        (this with { Weights = FingerprintOf(head) }).Write(Path.Combine(trained.Path, FileName));
    }

    /// <summary>
    /// Finds the probability to stay and the weight under which the right labels of texts are most probable, among those of a grid. With C labels, the first 1,000,000 / C texts count.
    /// </summary>
    /// <param name="alone">The predictions of texts in their order, each alone. They should not be texts that the model was trained on, of which it is too sure.</param>
    /// <param name="labels">Their right labels.</param>
    /// <param name="shares">The shares of the labels in the training, in the order of the labels of the model; equal ones if null.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="ArgumentException">There are no texts, or not as many labels as texts, or shares as labels of the model.</exception>
    /// <exception cref="InputException">A prediction does not have one label of each text, or a label is not one of the model.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public static LabelOrder Fit(IReadOnlyList<Classification> alone, IReadOnlyList<string> labels, IReadOnlyList<double>? shares = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(alone);
        ArgumentNullException.ThrowIfNull(labels);
        if (alone.Count == 0 || alone.Count != labels.Count)
        {
            throw new ArgumentException($"There are {alone.Count} predictions and {labels.Count} labels; there must be as many, and at least one.", nameof(labels));
        }

        NullElements.Refuse(alone, text => text, nameof(alone));
        NullElements.Refuse(labels, label => label, nameof(labels));
        int count = alone[0].Probabilities.Count;
        shares ??= [.. Enumerable.Repeat(1.0 / count, count)];
        if (shares.Count != count)
        {
            throw new ArgumentException($"There are {shares.Count} shares and {count} labels; there must be as many.", nameof(shares));
        }

        LabelOrder each = new() { Stay = 0, Weight = 1, Shares = shares };
        each.Validate();
        return LabelOrderSearch.Run(alone, labels, each, cancellationToken);
    }

    /// <exception cref="InputException">The file is damaged.</exception>
    internal static LabelOrder Read(string path) => JsonRecord.ReadFound(path, MaxFileBytes, LabelOrderJson.Default.LabelOrder, order => order.Validate());

    private static string FingerprintOf(TaskHead head)
    {
        string fingerprint = ModelWeights.Fingerprint(head.Parameters);
        GC.KeepAlive(head);
        return fingerprint;
    }

    internal void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, LabelOrderJson.Default.LabelOrder));
}

/// <summary>The layout of <c>order.json</c>.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(LabelOrder))]
internal sealed partial class LabelOrderJson : JsonSerializerContext;
