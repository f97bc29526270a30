using System.Diagnostics;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Loss and accuracy of masked tokens of a text, beside guesses by frequency. The masks are a function of the text alone, so that two measurements of it can be
/// compared: whatever the seed, single tokens, all of them read as <c>[MASK]</c>. The pairs of a second objective are as fixed.
/// </summary>
internal sealed class MaskedMeasurement
{
    public const string Accuracy = "accuracy";

    private const ulong Seed = 0x7661_6C69;
    /// <summary>The most segments or pairs that are read together.</summary>
    internal const int Streams = 16;

    private readonly Vocabulary _vocabulary;
    private readonly TokenGuess? _guess;
    private readonly MaskingOptions _options;
    private readonly TaskHead? _head;

    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="training">The text that guesses learn from; null for no guesses.</param>
    /// <param name="objective">What the model was trained for; null for masked tokens alone.</param>
    /// <param name="head">The head of the second objective; null to measure masked tokens alone.</param>
    public MaskedMeasurement(Vocabulary vocabulary, TokenFile? training, MaskingOptions? objective = null, TaskHead? head = null)
    {
        _vocabulary = vocabulary;
        _guess = training is null ? null : new TokenGuess(training, vocabulary.SeparatorId);
        _head = head;
        _options = new MaskingOptions
        {
            Objective = objective?.Objective ?? PretrainingObjective.MaskedTokens,
            SecondObjective = head is null ? SecondObjective.None : objective!.SecondObjective,
            KeptShare = 0,
            RandomShare = 0,
            IsStatic = true,
            Rate = objective is { Objective: PretrainingObjective.Permutation } ? objective.Rate : new MaskingOptions().Rate,
        };
    }

    /// <summary>Measures a model on a text.</summary>
    public TaskReport Run(
        LanguageModel model, Backend backend, TokenFile text, ContextConfiguration context, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        bool continues = context.MemoryLength > 0;
        MaskedBatches batches = Open(text, context, continues);
        int streams = batches.MaxShape.BatchSize;
        MaskedReader reader = new(model, backend, context, streams);
        int[] inputs = new int[batches.MaxShape.InputCount], targets = new int[batches.MaxShape.TargetCount];
        Sums sums = new();
        long done = 0;
        while (batches.TryRead(inputs, targets, out SegmentShape shape))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (shape.BatchSize != streams)
            {
                streams = shape.BatchSize;
                reader = new MaskedReader(model, backend, context, streams);
            }
            else if (!continues)
            {
                reader.Forget();
            }

            int[] ids = inputs[..shape.InputCount];
            Read(reader, model, ids, targets.AsSpan(0, shape.TargetCount), streams, sums);
            done += shape.InputCount - ids.Count(id => id < 0);
            progress?.Report(new ValidationProgress(step, Math.Min(done, text.Count), text.Count, WritesSample: false, Stopwatch.GetElapsedTime(begin)));
        }

        return Report(sums, step);
    }

    private MaskedBatches Open(TokenFile text, ContextConfiguration context, bool continues)
    {
        if (_options.SecondObjective == SecondObjective.None && _options.Objective != PretrainingObjective.Translation)
        {
            int length = (int)Math.Min(context.TargetLength, Math.Max(3, text.Count + (continues ? 0 : 2)));
            return All(text, Sequences.Create(text, _vocabulary, _options, length, Seed, continues), continues);
        }

        int rows = _options.Objective == PretrainingObjective.Translation ? context.TargetLength : (int)Math.Min(context.TargetLength, Math.Max(4 + _vocabulary.PairSeparators, text.Count + 2 + _vocabulary.PairSeparators));
        Sequences pairs = Sequences.Create(text, _vocabulary, _options, rows, Seed, continues);
        return All(text, pairs, continues);
    }

    /// <summary>
    /// All sequences of a text. With a memory the streams are parts of the text of the same length: as many as leave at most a hundredth of it out at the end.
    /// </summary>
    private static MaskedBatches All(TokenFile text, Sequences sequences, bool continues)
    {
        int streams = (int)Math.Clamp(sequences.Count, 1, Streams);
        while (continues && sequences.Count % streams > sequences.Count / 100)
        {
            streams--;
        }

        return new MaskedBatches(text, sequences, streams, Seed, continues, readsAll: true);
    }

    private void Read(MaskedReader reader, LanguageModel model, int[] inputs, ReadOnlySpan<int> targets, int streams, Sums sums)
    {
        int[] lengths = DocumentLengths.Count(inputs, streams), places = MaskedTask.Places(targets[..inputs.Length]), wanted = targets.ToArray(), labels = wanted[inputs.Length..];
        bool isFull = Array.TrueForAll(lengths, length => length == inputs.Length / streams);
        reader.Read(MaskedTask.Existing(inputs), isFull ? [] : lengths, places, TakeLogits, _head is null ? null : TakeStates, _options.Objective == PretrainingObjective.Permutation ? labels : null);
        foreach (int place in places)
        {
            int previous = place < streams ? -1 : inputs[place - streams];
            sums.Unigram += _guess?.MostFrequent == wanted[place] ? 1 : 0;
            sums.Bigram += _guess?.After(previous) == wanted[place] ? 1 : 0;
        }

        sums.Count += places.Length;

        void TakeLogits(int place, ReadOnlySpan<float> logits)
        {
            int target = wanted[places[place]];
            (double nll, int best) = MaskedReader.Measure(logits, target, model);
            sums.Loss += nll;
            sums.Right += best == target ? 1 : 0;
        }

        void TakeStates(Tape tape, Variable states)
        {
            foreach ((double nll, bool isRight) in SecondHead.Measure(tape, _head!, states, lengths, labels))
            {
                sums.SecondLoss += nll;
                sums.SecondRight += isRight ? 1 : 0;
            }

            sums.Sequences += streams;
            sums.Changed += labels.Sum();
        }
    }

    private TaskReport Report(Sums sums, long step)
    {
        static Metric Share(string name, long correct, long count) => new(name, (double)correct / count, HigherIsBetter: true);
        Metric OfTokens(long correct) => Share(Accuracy, correct, sums.Count);
        double loss = sums.Loss / sums.Count;
        List<Metric> values = [OfTokens(sums.Right)];
        List<TaskBaseline> baselines = _guess is null ? [] : [new TaskBaseline("unigram", [OfTokens(sums.Unigram)]), new TaskBaseline("bigram", [OfTokens(sums.Bigram)])];
        if (_head is not null)
        {
            double second = sums.SecondLoss / sums.Sequences;
            string name = SecondHead.NameOf(_options.SecondObjective);
            values.AddRange([Share($"{name}_accuracy", sums.SecondRight, sums.Sequences), new Metric("masked_loss", loss, Unit: "nats"), new Metric($"{name}_loss", second, Unit: "nats")]);
            baselines.Add(new TaskBaseline("majority", [Share($"{name}_accuracy", Math.Max(sums.Changed, sums.Sequences - sums.Changed), sums.Sequences)]));
            loss += second;
        }

        return new TaskReport { Step = step, Loss = loss, Values = values, ChosenBy = TaskValidationReport.LossName, Examples = sums.Count, Baselines = baselines };
    }

    private sealed class Sums
    {
        public double Loss, SecondLoss;
        public long Count, Right, Unigram, Bigram, Sequences, SecondRight, Changed;
    }
}
