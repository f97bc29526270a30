using System.CommandLine;
using TransformerXL.Interchange;

namespace TransformerXL.Cli.Options;

/// <summary>Values that the files of an imported model may lack.</summary>
internal sealed class ImportRunOptions
{
    private const string FromFiles = "[default: from the files]";

    private readonly Option<string?> _vocabulary = NewOption.Text("--vocabulary-file", "FILE", "Vocabulary: JSON, vocab.txt or pickled. [default: the file beside the weights]");
    private readonly Option<string?> _configuration = NewOption.Text("--config", "FILE", "JSON configuration of the model. [default: config.json beside the weights]");
    private readonly Option<string?> _norm = new("--norm")
    {
        Description = $"Position of LayerNorm: pre (before each block) or post (after it). {FromFiles}",
        HelpName = "NAME",
        Arity = NewOption.Repeatable,
        CustomParser = result =>
        {
            string? text = NewOption.LastText(result);
            if (text is not ("pre" or "post"))
            {
                result.AddError($"--norm is '{text}', but must be one of: pre, post");
            }

            return text;
        },
    };

    private readonly Option<int?> _heads = NewOption.Whole("--heads", $"Number of attention heads. {FromFiles}", 1, 1024);
    private readonly Option<string?> _cutoffs = NewOption.Text("--cutoffs", "N,N,...", $"Token ids at which clusters of an adaptive softmax begin. {FromFiles}");
    private readonly Option<int?> _target = NewOption.Whole("--target", $"Segment length of training in tokens. {FromFiles}", 1, 1 << 20);
    private readonly Option<int?> _memory = NewOption.Whole("--memory", $"Memory length of training in tokens. {FromFiles}", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", $"Maximum relative distance in tokens; 0 for no limit. {FromFiles}", 0, 1 << 20);
    private readonly Option<bool> _sameLength = NewOption.Flag("--same-length", "Let every token attend to the same number of tokens.");

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
        Hints = new ModelDescription
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
