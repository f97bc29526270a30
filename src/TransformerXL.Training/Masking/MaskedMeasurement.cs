using System.Diagnostics;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Loss and accuracy of masked tokens of a text, beside guesses by frequency. The masks are a function of the text alone, so that two measurements of it can be
/// compared: whatever the seed, single tokens, all of them read as <c>[MASK]</c>.
/// </summary>
internal sealed class MaskedMeasurement
{
    public const string Accuracy = "accuracy";

    private const ulong Seed = 0x7661_6C69;
    private const int Streams = 16;

    private readonly Vocabulary _vocabulary;
    private readonly TokenGuess? _guess;
    private readonly Masker _masker;

    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="training">The text that guesses learn from; null for no guesses.</param>
    public MaskedMeasurement(Vocabulary vocabulary, TokenFile? training)
    {
        _vocabulary = vocabulary;
        _guess = training is null ? null : new TokenGuess(training);
        _masker = new Masker(new MaskingOptions { KeptShare = 0, RandomShare = 0, IsStatic = true }, vocabulary, Seed);
    }

    public TaskReport Run(
        LanguageModel model, Backend backend, TokenFile text, RunConfiguration configuration, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        Run(model, backend, text, configuration.Context, step, progress, cancellationToken);

    /// <summary>Measures a model on a text.</summary>
    public TaskReport Run(
        LanguageModel model, Backend backend, TokenFile text, ContextConfiguration context, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        bool continues = context.MemoryLength > 0;
        int length = (int)Math.Clamp(text.Count + (continues ? 0 : 2), 3, context.TargetLength);
        int streams = (int)Math.Clamp(text.Count / Math.Max(1, length - (continues ? 0 : 2)), 1, Streams);
        MaskedBatches batches = new(text, _vocabulary, _masker, streams, length, Seed, continues);
        MaskedReader reader = new(model, backend, context, streams);
        int[] inputs = new int[batches.MaxShape.InputCount], targets = new int[batches.MaxShape.TargetCount];
        double loss = 0;
        long count = 0, right = 0, unigram = 0, bigram = 0, done = 0;
        while (batches.TryRead(inputs, targets, out SegmentShape shape))
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] places = MaskedTask.Places(targets);
            if (!continues)
            {
                reader.Forget();
            }

            reader.Read(inputs, [], places, (place, logits) =>
            {
                int target = targets[places[place]];
                (double nll, int best) = MaskedReader.Measure(logits, target);
                loss += nll;
                right += best == target ? 1 : 0;
            });
            foreach (int place in places)
            {
                int previous = place < streams ? -1 : inputs[place - streams];
                unigram += _guess?.MostFrequent == targets[place] ? 1 : 0;
                bigram += _guess?.After(previous) == targets[place] ? 1 : 0;
            }

            count += places.Length;
            done += shape.InputCount;
            progress?.Report(new ValidationProgress(step, Math.Min(done, text.Count), text.Count, WritesSample: false, Stopwatch.GetElapsedTime(begin)));
        }

        Metric Share(long correct) => new(Accuracy, (double)correct / count, HigherIsBetter: true);
        return new TaskReport
        {
            Step = step,
            Loss = loss / count,
            Values = [Share(right)],
            ChosenBy = TaskValidationReport.LossName,
            Examples = count,
            Baselines = _guess is null ? [] : [new TaskBaseline("unigram", [Share(unigram)]), new TaskBaseline("bigram", [Share(bigram)])],
        };
    }
}
