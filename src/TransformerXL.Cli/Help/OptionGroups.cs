namespace TransformerXL.Cli.Help;

/// <summary>
/// The group of each option and its position in the group. An option is in the same group in every command, unless the table names command and
/// option: <c>generate --seed</c>.
/// </summary>
internal static class OptionGroups
{
    private static readonly Dictionary<string, (OptionGroup Group, int Place)> s_groups = Read(
        (OptionGroup.Required, "train --data|train --out|compare --data|compare --out|import --out|export --out|data prepare --from|data prepare --to|data synthetic --out|similar --to"),
        (OptionGroup.Start, "--task|--preset|--config|--init|--resume|--print-config"),
        (OptionGroup.Data, "predict --input|predict --words|--data|--train|--valid|--test|--translation|--valid-fraction|--test-fraction|--split|--text|--prompt-file|--from|--url|--sha256|--allow-other-size|--size|--examples|--distance|--record|--questions|--signs-first|--depth|--times|--symbols|--classes|--facts|--unanswerable|--whole|embed --text-column|similar --text-column|predict --text-column|predict --second-column|predict --word-column|evaluate --format|evaluate --text-column|evaluate --second-column|evaluate --label-column|evaluate --word-column|evaluate --tag-column"),
        (OptionGroup.Examples, "train --format|--text-column|--second-column|--label-column|--labels|--label-separator|--word-column|--tag-column|--scheme|train --pooling|--pooler|--ngrams|--delay|--align|--label-layer|--segments-with-gradient|--freeze|--layer-decay|--lm-weight|--balance|--label-smoothing|--metric"),
        (OptionGroup.Vocabulary, "--vocabulary|--bytes|--vocabulary-file|--min-frequency|--max-vocabulary|--lower-case|--delimiter|--no-eos|--sentences"),
        (OptionGroup.Model, "--model|--models|--layers|--model-size|--heads|--head-size|--inner-size|--embedding-size|--dropout|--attention-dropout|--pre-norm|--final-norm|--untie-biases|--position-type|--token-types|--relative-segments|--restart-positions|--norm-epsilon|--activation|--bidirectional|--projection-size|--nonlinearity|--cutoffs|--div-val|--tie-projections|--untied|--checkpoint|--norm|import --config|average --last|--chat-template|--pooling|--normalize"),
        (OptionGroup.Context, "--target|--memory|--long-memory|--long-memory-share|--extended|--clamp|--same-length"),
        (OptionGroup.Training, "--steps|--seconds|--batch|--batch-chunks|--recompute|--compress-gradients|--lr|--clip-norm|--clip-without-embeddings|--order|--half-loss|train --precision|compare --precision|--weights|--seed"),
        (OptionGroup.Masks, "--objective|--second-objective|--mask-rate|--mask-unit|--mask-static|--mask-random|--mask-keep"),
        (OptionGroup.Optimizer, "--optimizer|--beta1|--beta2|--epsilon|--weight-decay|--decay-exclude|--momentum|--matrix-rate|--dampening|--nesterov|--moments|--amsgrad"),
        (OptionGroup.Schedule, "--schedule|--warmup|--min-lr|--plateau-factor|--plateau-patience|--initial-dropout|--initial-attention-dropout|--dropout-steps"),
        (OptionGroup.Validation, "--validate-every|--validation-tokens|--sample|--checkpoint-every|--keep-every|--keep|--patience|--report-every"),
        (OptionGroup.Sampling, "generate --tokens|--temperature|--top-k|--top-p|--min-p|--repetition-penalty|--repetition-window|generate --seed|--samples|--stop|--stop-token|--ignore-end|--special-as-text|--heal|--interactive"),
        (OptionGroup.Measurement, "--most|--positions|--r|--start|--delta|attention --heads|--tokens|--at|bench --seconds|bench --batch|evaluate --batch|predict --batch|--explain|--explain-page|--leave-out|--seeds|--top|--in-order|--weight|--end|--chunk|--quantile|--warm-up|--min-length|--max-line|--save|--check"),
        (OptionGroup.Learning, "--dynamic|--adapt|--tune|evaluate --lr|generate --lr|watch --lr|serve --lr|--decay|evaluate --epsilon|generate --epsilon|watch --epsilon|serve --epsilon|--tune-tokens|--statistics-tokens"),
        (OptionGroup.Access, "--host|--port|--kestrel|serve --open|--api-key|--api-key-file|--origin|--allowed-host"),
        (OptionGroup.Sessions, "--session-memory|--session-store|--session-save|--session-shared|--session-disk|--session-days|--prefix-memory"),
        (OptionGroup.Limits, "--max-streams|--max-queue|--max-body|--max-prompt|--max-tokens|--max-connections|--max-seconds|--max-sessions|--strict|--drain"),
        (OptionGroup.Output, "--fast|--best|--passes|--log|--out|--stdout|--to|--open|--format|--force|--recover|--quiet|--no-echo|--json"),
        (OptionGroup.Machine, "--threads|--isa|--precision|--max-memory|--no-memory-check"),
        (OptionGroup.General, "--debug|--help|--version"));

    /// <summary>The group of an option and its position in the group; null if the table does not have it.</summary>
    /// <param name="command">The command without <c>txl</c>, such as <c>data prepare</c>.</param>
    /// <param name="option">The option, such as <c>--from</c>.</param>
    public static (OptionGroup Group, int Place)? Of(string command, string option) =>
        s_groups.TryGetValue($"{command} {option}", out (OptionGroup, int) own) ? own
        : s_groups.TryGetValue(option, out (OptionGroup, int) common) ? common
        : null;

    /// <summary>The heading of a group.</summary>
    public static string Title(OptionGroup group) => group switch
    {
        OptionGroup.Start => "Starting point",
        OptionGroup.Examples => "Examples and head, with --task",
        OptionGroup.Masks => "Pre-training, with an encoder",
        OptionGroup.Context => "Segment and memory",
        OptionGroup.Validation => "Validation and checkpoints",
        OptionGroup.Learning => "Learning while reading",
        OptionGroup.Access => "Address and access",
        _ => group.ToString(),
    };

    private static Dictionary<string, (OptionGroup, int)> Read(params (OptionGroup Group, string Names)[] groups) => groups
        .SelectMany(entry => entry.Names.Split('|').Select((name, place) => KeyValuePair.Create(name, (entry.Group, place))))
        .ToDictionary(StringComparer.Ordinal);
}
