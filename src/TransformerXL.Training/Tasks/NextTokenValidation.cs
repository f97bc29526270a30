using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training.Tasks;

/// <summary>Measures a model in training on the validation text, and lets it write.</summary>
internal static class NextTokenValidation
{
    private const int MaxStreams = 8;
    private const int SegmentsPerStream = 16;

    public static ValidationReport Run(
        LanguageModel model, Corpus corpus, RunConfiguration configuration, Backend backend, ICollective collective, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        TokenFile tokens = Beginning(corpus.Validation, corpus.Vocabulary, configuration.Training.ValidationTokens);
        EvaluationOptions options = new()
        {
            Context = configuration.Context,
            BatchSize = Streams(tokens.Count, configuration.Context.TargetLength),
        };
        EvaluationProgressRelay? relay = progress is null ? null : new EvaluationProgressRelay(progress, step);
        EvaluationResult result = new Evaluator(model, backend, corpus.Vocabulary).Evaluate(tokens, options, collective, relay, cancellationToken);
        progress?.Report(new ValidationProgress(step, result.Tokens, result.Tokens, WritesSample: true, result.Elapsed));
        return new ValidationReport
        {
            Step = step,
            Loss = result.MeanNll,
            BitsPerCharacter = result.BitsPerCharacter,
            BytesPerToken = result.BytesPerToken,
            Perplexity = result.Perplexity,
            Sample = collective.Rank != 0 ? "" : Sample(model, corpus.Vocabulary, configuration, backend, step, cancellationToken),
        };
    }

    private sealed class EvaluationProgressRelay(IProgress<ValidationProgress> progress, long step) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) =>
            progress.Report(new ValidationProgress(step, value.Tokens, value.Tokens * value.TotalSegments / value.Segments, WritesSample: false, value.Elapsed));
    }

    /// <summary>So many tokens of a text from its beginning, or all of it if 0.</summary>
    internal static TokenFile Beginning(TokenFile text, Vocabulary vocabulary, long tokens)
    {
        if (tokens == 0 || tokens >= text.Count)
        {
            return text;
        }

        int[] ids = new int[Math.Max(2, tokens)];
        text.Read(0, ids);
        return TokenFile.FromIds(ids, text.VocabularySize, CharacterCount.OfBeginning(text, ids.Length, vocabulary), text.Name);
    }

    /// <summary>Several streams are faster; each must be long enough that its beginning, which lacks context, does not weigh.</summary>
    private static int Streams(long tokens, int targetLength) =>
        (int)Math.Clamp(tokens / ((long)targetLength * SegmentsPerStream), 1, MaxStreams);

    private static string Sample(
        LanguageModel model, Vocabulary vocabulary, RunConfiguration configuration, Backend backend, long step, CancellationToken cancellationToken)
    {
        TrainingConfiguration training = configuration.Training;
        if (training.SampleTokens == 0)
        {
            return "";
        }

        GenerationOptions options = GenerationOptions.ForTrained(configuration.Context) with
        {
            MaxTokens = training.SampleTokens,
            Seed = training.Seed + (ulong)step,

            // The sample shows what the model has learned, also after the end of a document.
            StopsAtEndOfText = false,
            Sampling = new SamplingOptions { Temperature = 0.8, TopP = 0.95 },
        };
        StringBuilder text = new();
        IAsyncEnumerator<string> pieces = new Generator(model, vocabulary, backend).GenerateAsync("", options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (pieces.MoveNextAsync().AsTask().GetAwaiter().GetResult())
        {
            text.Append(pieces.Current);
        }

        return text.ToString();
    }
}
