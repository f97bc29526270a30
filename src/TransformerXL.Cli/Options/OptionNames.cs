using System.CommandLine;

namespace TransformerXL.Cli.Options;

/// <summary>
/// Maps settings of the libraries to options. Libraries name a setting in an <see cref="InputException"/>; this class adds the
/// option that changes it.
/// </summary>
internal static class OptionNames
{
    /// <summary>Settings that need a new run; they are shown as one command.</summary>
    private const string Origin = "origin";

    /// <summary>What an error names that wants a causal model.</summary>
    private const string NotCausal = "model.isCausal";

    private static readonly Dictionary<string, string[]> s_options = Read(
        "corpus", "path --data --text|trainPath --train|validationPath --valid|testPath --test|translationPath --translation|validationFraction --valid-fraction|testFraction --test-fraction|" +
        "vocabulary.kind --vocabulary --bytes|vocabulary.file --vocabulary-file|vocabulary.minFrequency --min-frequency|vocabulary.maxSize --max-vocabulary|" +
        "vocabulary.lowerCase --lower-case|vocabulary.delimiter --delimiter|vocabulary.addEos --no-eos|vocabulary.addDoubleEos --sentences",
        "model", "kind --model|layers --layers|modelSize --model-size|heads --heads|headSize --head-size|innerSize --inner-size|embeddingSize --embedding-size|" +
        "preNorm --pre-norm|finalNorm --final-norm|untieBiases --untie-biases|positions --position-type|tokenTypes --token-types|relativeSegments --relative-segments|restartsPositions --restart-positions|layerNormEpsilon --norm-epsilon|activation --activation|bidirectional --bidirectional|projectionSize --projection-size|nonlinearity --nonlinearity|cutoffs --cutoffs|embeddingDivisor --div-val|" +
        "tieProjections --tie-projections|tieWeights --untied|dropout --dropout|attentionDropout --attention-dropout",
        "context", "targetLength --target|memoryLength --memory|extendedLength --extended|clampLength --clamp|sameLength --same-length",
        "training", "longMemoryLength --long-memory|longMemoryShare --long-memory-share|steps --steps|batchSize --batch|batchChunks --batch-chunks|recompute --recompute|halfLoss --half-loss|order --order|learningRate --lr|clipNorm --clip-norm|" +
        "clipEmbeddings --clip-without-embeddings|precision --precision|weights --weights|seed --seed|validateEvery --validate-every|validationTokens --validation-tokens|" +
        "sampleTokens --sample|checkpointEvery --checkpoint-every|keepEvery --keep-every|keepCount --keep|patience --patience|reportEvery --report-every|" +
        "schedule --schedule|warmupSteps --warmup|minimumLearningRate --min-lr|plateauFactor --plateau-factor|plateauPatience --plateau-patience|" +
        "initialDropout --initial-dropout|initialAttentionDropout --initial-attention-dropout|dropoutSteps --dropout-steps|decayExclusions --decay-exclude|" +
        "optimizer.kind --optimizer|optimizer.beta1 --beta1|optimizer.beta2 --beta2|optimizer.epsilon --epsilon|optimizer.weightDecay --weight-decay|" +
        "optimizer.momentum --momentum|optimizer.matrixRate --matrix-rate|optimizer.dampening --dampening|optimizer.nesterov --nesterov|optimizer.moments --moments|optimizer.amsGrad --amsgrad",
        "task", "kind --task|pooling --pooling|pooler --pooler|nGrams --ngrams|delay --delay|alignment --align|labelLayer --label-layer|segmentsWithGradient --segments-with-gradient|freezesBody --freeze|layerDecay --layer-decay|" +
        "languageModelWeight --lm-weight|balancesLabels --balance|labelSmoothing --label-smoothing|metric --metric|examples.format --format --input|examples.textColumn --text-column|" +
        "examples.secondTextColumn --second-column|examples.labelColumn --label-column|examples.labelSeparator --label-separator|examples.labels --labels|" +
        "examples.wordColumn --word-column|examples.tagColumn --tag-column|examples.scheme --scheme",
        "dynamic", "learningRate --lr|decay --decay|epsilon --epsilon",
        "masking", "objective --objective|secondObjective --second-objective|rate --mask-rate|unit --mask-unit|isStatic --mask-static|randomShare --mask-random|keptShare --mask-keep",
        "hints", "preNorm --norm|heads --heads|cutoffs --cutoffs|targetLength --target|memoryLength --memory|clampLength --clamp|sameLength --same-length",
        "", $"vocabularyFile --vocabulary-file|anySize --allow-other-size|{Origin} --init|folder --out|maxMemory --max-memory|model --model|replace --force|recover --recover|format --format|stopTokens --stop-token|targets --at|positions --positions|maximum --most");

    /// <summary>The options that set a setting; empty if none does.</summary>
    /// <param name="member">Its path, such as <c>training.batchSize</c>.</param>
    public static IReadOnlyList<string> Of(string member) => s_options.GetValueOrDefault(member, []);

    /// <summary>The text to append to an error message: the options that help, as <c>" (--batch, --target)"</c>; empty if there are none.</summary>
    /// <param name="exception">The error; its inner exceptions are used too.</param>
    /// <param name="command">The current command.</param>
    /// <param name="train">The training command, for settings that the current command does not have.</param>
    public static string Hint(Exception exception, Command command, Command train)
    {
        if (Chain(exception).Any(error => error.Member == NotCausal))
        {
            return ": 'txl fill-mask', 'txl score', 'txl predict' (after a training with --task), 'txl embed' and 'txl evaluate' use such a model";
        }

        InputRemedy[] remedies = [.. Chain(exception).Select(error => error.Remedies).FirstOrDefault(list => list.Count > 0) ?? []];
        if (remedies.Any(remedy => remedy.Member == Origin))
        {
            return command.Name == train.Name ? $": txl train {string.Join(' ', remedies.Select(remedy => Show(remedy, train)))}" : "";
        }

        string?[] shown = remedies.Length > 0
            ? [.. remedies.Select(remedy => Show(remedy, command) ?? (Show(remedy, train) is { } option ? $"{option} of 'txl train'" : null))]
            : [Faulty(exception, command)];
        return Brackets([.. shown.OfType<string>().Distinct()]);
    }

    /// <summary>The text to append to a warning before a training: the options that help, as <c>" (--labels number)"</c>; empty if there are none.</summary>
    public static string Hint(IReadOnlyList<InputRemedy> remedies) => Brackets([.. remedies.Select(Show).OfType<string>()]);

    private static string Brackets(string[] options) => options.Length == 0 ? "" : $" ({string.Join(", ", options)})";

    /// <summary>The option of the invalid value, unless the message already says where the value comes from.</summary>
    private static string? Faulty(Exception exception, Command command) =>
        Chain(exception).Select(error => error.Member).OfType<string>().FirstOrDefault() is { } member
        && !exception.Message.Contains(member, StringComparison.Ordinal)
        && Show(new InputRemedy(member), command) is { } option
        && !exception.Message.Contains(option, StringComparison.Ordinal)
            ? option
            : null;

    private static string? Show(InputRemedy remedy, Command command)
    {
        string? option = Of(remedy.Member).FirstOrDefault(name => command.Options.Any(option => option.Name == name));
        return Show(option, remedy.Value);
    }

    private static string? Show(InputRemedy remedy) => Show(Of(remedy.Member) is [var option, ..] ? option : null, remedy.Value);

    private static string? Show(string? option, string? value) => option is null || value is null ? option : $"{option} {Quote(value)}";

    private static string Quote(string value) => value.Any(char.IsWhiteSpace) ? $"\"{value}\"" : value;

    private static IEnumerable<InputException> Chain(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is InputException input)
            {
                yield return input;
            }
        }
    }

    private static Dictionary<string, string[]> Read(params string[] partsAndMembers) => partsAndMembers.Chunk(2)
        .SelectMany(pair => pair[1].Split('|').Select(entry => (Part: pair[0], Words: entry.Split(' '))))
        .ToDictionary(entry => entry.Part.Length == 0 ? entry.Words[0] : $"{entry.Part}.{entry.Words[0]}", entry => entry.Words[1..], StringComparer.Ordinal);
}
