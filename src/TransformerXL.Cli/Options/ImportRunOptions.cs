using System.CommandLine;
using TransformerXL.Interchange;

namespace TransformerXL.Cli.Options;

/// <summary>What the files of a model from elsewhere may leave open.</summary>
internal sealed class ImportRunOptions
{
    private const string FromFiles = "[default: what the files tell]";

    private readonly Option<string?> _vocabulary = NewOption.Text("--vocabulary-file", "FILE", "Vocabulary: vocabulary.json, tokenizer.json, vocab.json (with merges.txt beside it), vocab.txt, or pickled (vocab.pkl, vocab.bin). [default: the one beside the weights]");
    private readonly Option<string?> _configuration = NewOption.Text("--config", "FILE", "JSON with what is known of the model, under the names of the reference's options (n_head, pre_lnorm, tgt_len, mem_len, cutoffs, ...). [default: config.json beside the weights]");
    private readonly Option<string?> _norm = new("--norm")
    {
        Description = $"Where LayerNorm stands: pre, before each block, or post, after it. {FromFiles}",
        HelpName = "NAME",
    };

    private readonly Option<int?> _heads = NewOption.Whole("--heads", $"Attention heads. {FromFiles}", 1, 1024);
    private readonly Option<string?> _cutoffs = NewOption.Text("--cutoffs", "N,N,...", $"Token ids at which the clusters of an adaptive softmax begin. {FromFiles}");
    private readonly Option<int?> _target = NewOption.Whole("--target", $"Tokens of a segment in training. {FromFiles}", 1, 1 << 20);
    private readonly Option<int?> _memory = NewOption.Whole("--memory", $"Tokens remembered in training. {FromFiles}", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", $"Distance in tokens beyond which all look alike; 0 for no limit. {FromFiles}", 0, 1 << 20);
    private readonly Option<bool> _sameLength = NewOption.Flag("--same-length", "Every token attends to equally many.");

    public void AddTo(Command command)
    {
        command.Add(_vocabulary);
        command.Add(_configuration);
        command.Add(_norm);
        command.Add(_heads);
        command.Add(_cutoffs);
        command.Add(_target);
        command.Add(_memory);
        command.Add(_clamp);
        command.Add(_sameLength);
        _norm.AcceptOnlyFromAmong("pre", "post");
        _cutoffs.Validators.Add(result =>
        {
            if (!ModelRunOptions.TryParse(result.GetValue(_cutoffs), out _))
            {
                result.AddError($"--cutoffs is '{result.GetValue(_cutoffs)}', but must be rising token ids with commas between them, such as 20000,40000");
            }
        });
    }

    public ImportOptions Read(ParseResult result) => new()
    {
        VocabularyFile = result.GetValue(_vocabulary),
        ConfigurationFile = result.GetValue(_configuration),
        Told = new ModelDescription
        {
            PreNorm = result.GetValue(_norm) is { } norm ? norm == "pre" : null,
            Heads = result.GetValue(_heads),
            Cutoffs = ModelRunOptions.TryParse(result.GetValue(_cutoffs), out int[] cutoffs) && result.GetValue(_cutoffs) is not null ? cutoffs : null,
            TargetLength = result.GetValue(_target),
            MemoryLength = result.GetValue(_memory),
            ClampLength = result.GetValue(_clamp),
            SameLength = result.GetValue(_sameLength) ? true : null,
        },
    };
}
