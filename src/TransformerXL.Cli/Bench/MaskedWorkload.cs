using System.Text;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;

namespace TransformerXL.Cli.Bench;

/// <summary>Predicts the masked tokens of a random text: forward, backward, clipping and the optimizer, as <c>train</c> does it for models that read both directions.</summary>
internal sealed class MaskedWorkload : Workload
{
    private const int BatchesOfEpoch = 64, FirstSymbol = 0x4E00;

    // <unk>, [PAD], [CLS], [SEP], [MASK].
    private const int SpecialTokens = 5;

    private readonly RunConfiguration _run;
    private readonly MaskedTask _task;
    private readonly TrainingStep _step;
    private readonly int[] _inputs, _targets;
    private long _steps;

    private MaskedWorkload(RunConfiguration run, MaskedTask task, CpuBackend backend)
        : base(task.Model, run.Context, run.Training.BatchSize, run.Training.Precision)
    {
        (_run, _task) = (run, task);
        _step = new TrainingStep(task, run, backend);
        _inputs = new int[task.Source.MaxShape.InputCount];
        _targets = new int[task.Source.MaxShape.TargetCount];
    }

    /// <summary>A model that is trained on a random text.</summary>
    /// <exception cref="InputException">The vocabulary has no room for text beside the special tokens.</exception>
    public static MaskedWorkload Create(BenchModel bench, int batch, Precision precision, CpuBackend backend)
    {
        Vocabulary vocabulary = NewVocabulary(bench.Model.VocabularySize);
        RunConfiguration run = new() { Model = bench.Model.For(vocabulary, bench.Training), Context = bench.Training, Training = bench.Recipe with { BatchSize = batch, Precision = precision } };
        CorpusOptions whole = new() { ValidationFraction = 0, TestFraction = 0 };
        string text = RandomText(vocabulary.Count - SpecialTokens, checked(BatchesOfEpoch * batch * run.Context.TargetLength));
        return new MaskedWorkload(run, new MaskedTask(run, Corpus.FromText(text, whole, vocabulary), backend), backend);
    }

    public override double Dropout => Model.Dropout;

    public override long TokensPerStep => _inputs.Length;

    public override double OperationsPerStep => EncoderCost.Training(Model, Context, Batch, new MaskingOptions().Rate * TokensPerStep);

    public override void Step()
    {
        if (!_task.Source.TryRead(_inputs, _targets, out SegmentShape shape))
        {
            _task.Source.Seek(_task.Source.Epoch + 1, 0);
            _task.Source.TryRead(_inputs, _targets, out shape);
        }

        if (!_task.CarriesMemory)
        {
            _step.ClearMemories();
        }

        _step.Run(_inputs.AsSpan(0, shape.InputCount), _targets.AsSpan(0, shape.TargetCount), ++_steps, _run.Training.LearningRate);
    }

    /// <summary>So many tokens: characters, and the special tokens.</summary>
    private static SpecialTokensVocabulary NewVocabulary(int count)
    {
        Require.That(count > SpecialTokens, $"a vocabulary of {count} tokens has no room for text beside {SpecialTokens} special ones");
        return new SpecialTokensVocabulary(new CharacterVocabulary(Enumerable.Range(0, count - SpecialTokens).Select(Symbol)));
    }

    private static string RandomText(int symbols, int length)
    {
        RandomTokens random = new(symbols);
        int[] drawn = new int[length];
        random.Fill(drawn);
        StringBuilder text = new(length);
        foreach (int number in drawn)
        {
            text.Append(Symbol(number).ToString());
        }

        return text.ToString();
    }

    /// <summary>One of the characters after the first, without surrogates.</summary>
    private static Rune Symbol(int number)
    {
        const int Surrogates = 0xD800, AfterSurrogates = 0xE000;
        int value = FirstSymbol + number;
        return new Rune(value < Surrogates ? value : value + AfterSurrogates - Surrogates);
    }
}
