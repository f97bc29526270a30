using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Tensors;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>Compares an encoder with what tests/python/huggingface_encoder.py computes in float64.</summary>
/// <param name="model">The encoder.</param>
/// <param name="backend">What computes.</param>
/// <param name="tolerance">Of values up to 1 absolute, of larger ones relative.</param>
internal sealed class EncoderComparison(ModelFolder model, Backend backend, double tolerance)
{
    public static int[] Ids(JsonElement text) => [.. text.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];

    /// <summary>Compares states, log-probabilities and logits, as far as the program gives them.</summary>
    public void Check(JsonElement[] texts)
    {
        int[][] ids = Array.ConvertAll(texts, Ids);
        double[][] states = States(ids);
        bool isOfTexts = model.Head is { Configuration.Kind: not (HeadKind.Tags or HeadKind.Spans) };
        TaskRunner? runner = model.Head is null ? null : new TaskRunner(model.Model, model.Head, backend, model.Configuration.Context);
        float[][]? logits = isOfTexts ? runner!.OfTexts(ids) : runner?.OfTokens(ids);
        Assert.Equal(logits is not null, texts[0].TryGetProperty("logits", out _));
        for (int i = 0; i < texts.Length; i++)
        {
            Check(texts[i], "hidden", states[i]);
            if (texts[i].TryGetProperty("log_probabilities", out _))
            {
                Check(texts[i], "log_probabilities", LogProbabilities(ids[i]));
            }

            if (logits is not null)
            {
                Check(texts[i], "logits", Array.ConvertAll(logits[i], value => (double)value));
            }
        }
    }

    /// <summary>The states of texts side by side, padded.</summary>
    public double[][] States(int[][] texts)
    {
        double[][] states = new double[texts.Length][];
        int size = model.Model.Configuration.HiddenWidth;
        DocumentReader reader = new(model.Model, backend, model.Configuration.Context, texts.Length);
        reader.ReadAll(TaskRunner.Columns(texts), (hidden, lengths) =>
        {
            for (int text = 0; text < texts.Length; text++)
            {
                states[text] = [.. Enumerable.Range(0, lengths[text]).SelectMany(t => hidden.Value.Span.Slice(((t * texts.Length) + text) * size, size).ToArray()).Select(value => (double)value)];
            }
        });
        return states;
    }

    private double[] LogProbabilities(int[] ids)
    {
        double[] found = new double[ids.Length];
        new MaskedReader(model.Model, backend, model.Configuration.Context, 1).Read(ids, [], [.. Enumerable.Range(0, ids.Length)], (place, logits) => found[place] = -MaskedReader.Measure(logits, ids[place], model.Model).Nll);
        return found;
    }

    private void Check(JsonElement text, string member, double[] actual)
    {
        double[] expected = [.. text.GetProperty(member).EnumerateArray().Select(value => value.GetDouble())];
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= tolerance * Math.Max(1, Math.Abs(pair.First)), $"{member}: {pair.Second} here, {pair.First} there"));
    }
}
