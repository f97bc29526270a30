using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Interchange;

/// <summary>Fills a model from stored tensors; every tensor must belong to a parameter, and every parameter needs a tensor.</summary>
internal static class WeightLoader
{
    /// <exception cref="InputException">A tensor is missing, left over, of another shape, or not finite; the message names it.</exception>
    /// <param name="stored">The tensors.</param>
    /// <param name="model">The model to fill.</param>
    /// <param name="padding">Padding rows at the end of stored tables that the model does not have (<see cref="VocabularyPadding"/>).</param>
    /// <param name="head">The head of the model, whose tensors are read already; a model with one may lack the softmax over the vocabulary.</param>
    /// <param name="progress">Called after each parameter.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static void Load(StoredModel stored, LanguageModel model, int padding, TaskHead? head, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        RequireNoneLeftOver(stored, model, head);
        long done = 0;
        foreach (Parameter parameter in model.Parameters)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (head is not null && parameter.Name.StartsWith("crit.", StringComparison.Ordinal) && !stored.Has(parameter.Name))
            {
                parameter.Value.Span.Clear();
                continue;
            }

            StoredTensor tensor = stored.TryFind(parameter.Name) ?? stored.TryFind(RepeatedName(parameter.Name)) ?? stored.Find(parameter.Name);
            Read(tensor, parameter, padding > 0 && VocabularyPadding.Concerns(parameter.Name, model.Configuration.Cutoffs.Count, model.Configuration.EmbeddingDivisor) ? padding : 0);
            if (stored.IsHuggingFace && parameter.Name is "crit.cluster_weight" or "crit.cluster_bias")
            {
                ReverseRows(parameter.Value.Span, parameter.Value.Shape[0]);
            }

            progress?.Report(new WeightProgress(done += parameter.Value.Span.Length, model.Parameters.Values));
        }

        CheckFrequencies(stored, model.Configuration.ModelSize);
        GC.KeepAlive(model);
    }

    private static void Read(StoredTensor tensor, Parameter parameter, int padding)
    {
        if (padding == 0)
        {
            parameter.Fill(value => ModelWeights.Read(tensor.File, tensor.Entry.Name, value));
            return;
        }

        int rows = parameter.Shape[0];
        Tensor whole = Tensor.Allocate(parameter.Shape.WithFirst(rows + padding));
        ModelWeights.Read(tensor.File, tensor.Entry.Name, whole);
        parameter.Fill(value => whole.Slice(0, rows).CopyTo(value));
    }

    /// <summary>The order of the clusters' rows in Hugging Face's layout is the opposite of the reference's.</summary>
    public static void ReverseRows(Span<float> values, int rows)
    {
        int columns = values.Length / rows;
        values.Reverse();
        for (int row = 0; row < rows; row++)
        {
            values.Slice(row * columns, columns).Reverse();
        }
    }

    /// <summary>A bias that all layers share may be stored only in the layers.</summary>
    private static string RepeatedName(string name) => $"layers.0.dec_attn.{name}";

    private static void RequireNoneLeftOver(StoredModel stored, LanguageModel model, TaskHead? head)
    {
        HashSet<string> expected = [ReferenceNames.Frequencies, .. ReferenceNames.Of(model).Select(pair => pair.Name)];
        if (model.Configuration is TransformerXLConfiguration { UntieBiases: false })
        {
            expected.UnionWith(Enumerable.Range(0, model.Configuration.Layers)
                .SelectMany(layer => new[] { $"layers.{layer}.dec_attn.r_w_bias", $"layers.{layer}.dec_attn.r_r_bias" }));
        }

        if (head is not null)
        {
            expected.UnionWith(head.Parameters.Select(parameter => HeadExchange.NameOf(head.Configuration, parameter.Name)));
        }

        string[] left = [.. stored.Tensors.Where(tensor => !expected.Contains(tensor.Name)).Select(tensor => tensor.Quoted)];
        Require.That(
            left.Length == 0,
            $"'{stored.Path}': {(left.Length == 1 ? "the tensor" : $"{left.Length} tensors")} {string.Join(", ", left.Take(3))}{(left.Length > 3 ? ", ..." : "")} {(left.Length == 1 ? "belongs" : "belong")} to no parameter of this model");
    }

    /// <summary>This library computes sinusoids itself; a model that was trained with other frequencies would predict nonsense without an error.</summary>
    private static void CheckFrequencies(StoredModel stored, int size)
    {
        if (stored.TryFind(ReferenceNames.Frequencies) is not { Entry.IsFloatingPoint: true } tensor)
        {
            return;
        }

        float[] found = tensor.Read(), expected = Sinusoids.Frequencies(size);
        // Half precision has three significant digits.
        bool same = found.Length == expected.Length && found.Zip(expected).All(pair => MathF.Abs(pair.First - pair.Second) <= 0.01f * pair.Second);
        Require.That(same, $"'{stored.Path}': the tensor {tensor.Quoted} holds frequencies other than 10000^(-2 i / {size}); models of this library do not support them");
    }
}
