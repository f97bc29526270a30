using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

public class UsageTests
{
    public static TheoryData<string, string> WrongLines => new()
    {
        { "trian", "'trian' is not a command of txl; did you mean 'train'?" },
        { "trian --data x --out y", "'trian' is not a command of txl; did you mean 'train'?" },
        { "data prepar x --to y", "'prepar' is not a command of txl data; did you mean 'prepare'?" },
        { "data", "name a command of txl data: list, prepare, synthetic" },
        { "config", "name a command of txl config: schema" },
        { "frobnicate", "there are: quickstart, train, presets, config, average, evaluate, context, compare, generate, score, predict, fill-mask, embed, similar, rescore, watch, serve, attention, surprisal, info, report, import, export, data, compress, decompress, bench, completion" },
        { "train --bacth 3 --data x --out y", "'--bacth' is not an option of txl train; did you mean '--batch'?" },
        { "train --data x --out y --layers 0", "--layers is '0', but must be a whole number from 1 to 1000" },
        { "train --data x --out y --layers two", "--layers is 'two', but must be a whole number from 1 to 1000" },
        { "train --data x --out y --dropout 1", "--dropout is '1', but must be from 0 to below 1" },
        { "train --data x --out y --lr nan", "--lr is 'nan', but must be a number above 0" },
        { "train --data x --steps --threads 1 --out y", "--steps has no value: '--threads' follows it" },
        { "train --data --out y", "--data has no value: '--out' follows it" },
        { "train --data x --out y --lr 1e400", "--lr is '1e400', which is too large; it must be a number above 0" },
        { "train --data x --out y --lr -1e400", "--lr is '-1e400', but must be a number above 0" },
        { "train --data x --out y --seed 18446744073709551616", "--seed is '18446744073709551616', which is too large; it must be a whole number from 0 on" },
        { "train --data x --out y --schedule square", "--schedule is 'square', but must be one of: cosine, linear, inverse-sqrt, plateau, constant" },
        { "train --data x --out y --seed -1", "--seed is '-1', but must be a whole number from 0 on" },
        { "train --data x --out y --isa sse", "--isa is 'sse', but must be one of: auto, avx512, avx2, vector128, scalar" },
        { "train --data x --out y --threads 0", "--threads is '0', but must be a whole number from 1 to 1024" },
        { "train --data x --out y --steps", "--steps" },
        { "train --data x", "name a folder for the run: --out DIR, or --resume DIR to continue one" },
        { "train --out y", "name the text to learn from: --data PATH, or --train PATH and --valid PATH" },
        { "train --resume", "name a folder for the run" },
        { "evaluate", "RUN" },
        { "evaluate run --split all", "--split is 'all', but must be one of: test, valid, train" },
        { "evaluate run --data x --split test", "--split names a part of the run's own text and cannot be combined with --data" },
        { "generate run --temperature -1", "--temperature is '-1', but must be a number from 0 on" },
        { "generate run --top-p 0", "--top-p is '0', but must be above 0 and at most 1" },
        { "generate run --min-p 2", "--min-p is '2', but must be from 0 to 1" },
        { "generate run --precision fp8", "--precision is 'fp8', but must be one of: float32, bf16, int8" },
        { "train --data x --out y --precision int8", "--precision is 'int8', but must be one of: float32, bf16" },
        { "bench train --precision int8", "--precision int8 is not for 'train'; bf16 is for train, evaluate, generate, matmul and all, int8 for evaluate, generate and matmul" },
        { "bench --precision int8", "--precision int8 is not for 'all'" },
        { "generate run --tokens -5", "--tokens is '-5', but must be a whole number from 0 on" },
        { "generate run --tokens -5 --json --samples 2", "--tokens is '-5', but must be a whole number from 0 on" },
        { "generate run --samples 0 --tokens 0", "--samples is '0', but must be a whole number from 1 to 1048576" },
        { "generate run hello --prompt-file f", "name the text to continue once" },
        { "generate run one two", "'two' is not an argument of txl generate" },
        { "train --output x --data y", "'--output' is not an option of txl train; did you mean '--out'?" },
        { "generate run --temp 1", "'--temp' is not an option of txl generate; did you mean '--temperature'?" },
        { "generate run --nonsense", "'--nonsense' is not an option of txl generate" },
        { "generate run --tokns 5", "'--tokns' is not an option of txl generate; did you mean '--tokens'?" },
        { "score run --precisoin int8", "'--precisoin' is not an option of txl score; did you mean '--precision'?" },
        { "score run", "FILE" },
        { "attention", "RUN" },
        { "import model --out run --norm middle", "--norm is 'middle', but must be one of: pre, post" },
        { "attention run --positions 0", "--positions is '0', but must be a whole number from 1 to 65536" },
        { "attention run --at -1", "--at takes places from 0 on, at most 32 of them" },
        { "surprisal run", "FILE" },
        { "surprisal run text --most 0", "--most is '0', but must be a whole number from 1 to 1024" },
        { "info", "RUN" },
        { "train --data x --out y --vocabulary syllables", "--vocabulary is 'syllables', but must be one of: characters, bytes, words" },
        { "train --data x --out y --bytes --vocabulary words", "--bytes is short for --vocabulary bytes; name one of the two" },
        { "train --data x --out y --max-vocabulary 0", "--max-vocabulary is '0', but must be a whole number from 1 on" },
        { "data prepare --from a --to d", "NAME is missing: Data set; 'txl data list'" },
        { "data prepare ptb --to d", "name the original once: --from PATH, or --url URL to fetch it" },
        { "data prepare ptb --from a --url http://b --to d", "name the original once" },
        { "data prepare ptb --from a --sha256 00 --to d", "--sha256 is for an archive that is fetched with --url" },
        { "data prepare ptb --from a", "name the folder to write: --to DIR" },
        { "compress", "FILE" },
        { "compress a --fast --best", "--fast and --best exclude each other" },
        { "compress a --passes 4", "--passes are those of the network; give --best or --model too" },
        { "compress a --fast --passes 4", "--passes are those of the network" },
        { "compress a b", "several files become one archive; give it a name with --out" },
        { "compress a - --out b", "standard input (-) has no name and cannot be one of several files" },
        { "compress a --stdout --out b", "--stdout and --out exclude each other" },
        { "decompress a b --out c", "--out names one file; several are restored beside their compressed files" },
        { "decompress a --max-memory 3", "--max-memory is '3', but must be a size such as 512MiB or 2GiB" },
        { "bench sleep", "MODE is 'sleep', but must be one of: train, evaluate, generate, matmul, evaluation, sizes, all" },
        { "bench evaluation --check speed.json", "not for 'evaluation'" },
        { "bench --preset tinny", "--preset: 'tinny' is not a preset; did you mean 'tiny'?" },
        { "bench --preset tiny --model small", "--model and --preset both name what is measured; give one of them" },
        { "bench --model-size 7", "--model-size is '7', but must be a whole number from 8 to 16384" },
        { "bench sizes --save speed.json", "not for 'sizes'" },
        { "bench matmul --preset tiny", "--preset is for models; 'matmul' measures products of fixed sizes" },
        { "bench matmul --layers 2", "--layers is for models; 'matmul' measures products of fixed sizes" },
        { "bench sizes --batch 2", "one of the sizes that 'sizes' changes" },
        { "generate run hi --tokens 5 --tokens", "Required argument missing for option: '--tokens'." },
        { "train --steps 20 --data x --out y --steps", "Required argument missing for option: '--steps'." },
        { "bench train --model huge", "--model is 'huge', but must be one of: small, enwik8-base, bert-base, bert-base-512, lstm, gru" },
        { "bench train --seconds 0", "--seconds is '0', but must be from 0.1 to 3600" },
        { "quickstart --seconds 0.5", "--seconds is '0.5', but must be from 1 to 1000000" },
    };

    [Theory]
    [MemberData(nameof(WrongLines))]
    public async Task A_wrong_line_is_told_what_is_allowed_and_ends_with_2(string line, string message)
    {
        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync(line.Split(' '));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
        Assert.Contains("--help' lists what is allowed.", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.WrongUsage, code);
        Assert.Empty(terminal.Out);
    }

    [Theory]
    [InlineData("train --data missing.txt --out run", "missing.txt")]
    [InlineData("train --data missing.txt --out run --heads 3", "--model-size 256 is not divisible by --heads 3")]
    [InlineData("train --data missing.txt --out run --batch 10 --batch-chunks 3", "--batch 10 is not divisible by --batch-chunks 3")]
    [InlineData("train --train a --out run", "--train and --valid must both be named, but --valid is missing")]
    [InlineData("train --data missing.txt --train a --out run", "--data is divided into splits; it cannot be combined with --train")]
    [InlineData("train --data missing.txt --out run --valid-fraction 0.6 --test-fraction 0.5", "--valid-fraction 0.6 and --test-fraction 0.5 leave no text to train on")]
    [InlineData("train --data missing.txt --out run --warmup 3000", "--warmup 3000 must be below --steps 2000 for --schedule cosine")]
    [InlineData("train --data missing.txt --out run --keep 3", "--keep 3 needs --keep-every, which is 0")]
    [InlineData("train --data missing.txt --out run --patience 3 --validate-every 0", "--patience 3 counts validations, but --validate-every is 0")]
    [InlineData("train --data missing.txt --out run --schedule plateau --validate-every 0", "--schedule plateau follows validations, but --validate-every is 0")]
    [InlineData("train --data missing.txt --out run --plateau-patience 2", "--plateau-patience is for --schedule plateau, not for cosine")]
    [InlineData("train --data missing.txt --out run --plateau-factor 0.1", "--plateau-factor is for --schedule plateau, not for cosine")]
    [InlineData("train --data missing.txt --out run --min-lr 1", "--min-lr 1 is above --lr 0.00025")]
    [InlineData("train --data missing.txt --out run --batch 2 --batch-chunks 4", "--batch-chunks 4 is more than --batch 2")]
    [InlineData("train --data missing.txt --out run --dropout-steps 4", "--dropout-steps 4 needs --initial-dropout")]
    [InlineData("train --data missing.txt --out run --initial-dropout 0.3", "--initial-dropout needs --dropout-steps")]
    [InlineData("train --data missing.txt --out run --same-length --memory 0", "--same-length needs a --memory of at least 1")]
    [InlineData("train --data missing.txt --out run --model-size 15 --heads 3", "--model-size 15 is odd")]
    [InlineData("train --data missing.txt --out run --final-norm", "--final-norm needs --pre-norm")]
    [InlineData("train --data missing.txt --out run --div-val 2", "--div-val 2 needs --cutoffs")]
    [InlineData("train --data missing.txt --out run --model shaw --untie-biases", "--untie-biases is for --model transformer-xl, not for shaw")]
    [InlineData("train --data missing.txt --out run --model lstm --tie-projections all", "--tie-projections is for --model transformer-xl, shaw, vaswani, al-rfou, encoder, not for lstm")]
    [InlineData("train --data missing.txt --out run --model al-rfou --head-size 9", "--model al-rfou needs the --model-size 256")]
    [InlineData("train --task label --data missing.txt --out run --pooling last", "--pooling is for --task classify, not for label")]
    [InlineData("train --task label --data missing.txt --out run --labels one", "--labels is for --task classify, not for label")]
    [InlineData("train --task classify --data missing.txt --out run --align first", "--align is for --task label, not for classify")]
    [InlineData("train --task classify --data missing.txt --out run --scheme iob2", "--scheme is for --task label, not for classify")]
    [InlineData("train --task classify --data missing.txt --out run --tag-column 3", "--tag-column is for --task label, not for classify")]
    [InlineData("train --task answer --data missing.txt --out run --balance", "--balance is for --task classify or label, not for answer")]
    [InlineData("train --task answer --data missing.txt --out run --label-smoothing 0.1", "--label-smoothing is for --task classify or label, not for answer")]
    [InlineData("train --task answer --data missing.txt --out run --text-column body", "--text-column is for --task classify or label, not for answer")]
    [InlineData("train --task classify --data missing.txt --out run --order shuffled", "--order is for a training on a text, not for --task classify")]
    [InlineData("train --task classify --data missing.txt --out run --sample 10", "--sample is for a training on a text, not for --task classify")]
    [InlineData("train --task answer --data missing.txt --out run --validation-tokens 10", "--validation-tokens is for a training on a text, not for --task answer")]
    [InlineData("train --model encoder --data missing.txt --out run --order shuffled", "--order is for a model that predicts the next token, not for --model encoder")]
    [InlineData("train --model lstm --bidirectional --data missing.txt --out run --sample 5", "--sample is for a model that predicts the next token, not for --model lstm --bidirectional")]
    [InlineData("train --model encoder --data missing.txt --out run --clamp 8", "--clamp limits distances, which only --position-type relative has")]
    [InlineData("train --data missing.txt --out run --long-memory-share 0.3", "--long-memory-share needs --long-memory, which is 0")]
    [InlineData("train --data missing.txt --out run --momentum 0.9", "--momentum is for --optimizer sgd, muon, not for adam")]
    [InlineData("train --model al-rfou --data missing.txt --out run --clamp 8", "--clamp limits distances, which --model al-rfou does not have")]
    [InlineData("train --model lstm --data missing.txt --out run --initial-attention-dropout 0.1 --dropout-steps 5", "--initial-attention-dropout is for models with attention, not for --model lstm")]
    [InlineData("train --data missing.txt --out run --decay-exclude none", "--decay-exclude needs --weight-decay, which is 0")]
    [InlineData("train --data missing.txt --out run --clip-norm 0 --clip-without-embeddings", "--clip-without-embeddings needs --clip-norm above 0")]
    [InlineData("train --data missing.txt --out run --moments bf16 --optimizer lamb", "--moments is for --optimizer adam, adamw, muon, not for lamb")]
    [InlineData("train --data missing.txt --out run --weights bf16 --optimizer muon", "--weights is for --optimizer adam, adamw, not for muon")]
    [InlineData("train --data missing.txt --out run --recompute --model gru", "--recompute is for models with attention, not for --model gru")]
    [InlineData("train --data missing.txt --out run --weights bf16 --model lstm", "--weights is for models with attention, not for --model lstm")]
    [InlineData("train --data missing.txt --out run --nesterov --optimizer sgd", "--nesterov needs a --momentum above 0")]
    [InlineData("train --data missing.txt --out run --min-frequency 3", "--min-frequency is for --vocabulary words or byte-pairs, not for characters")]
    [InlineData("train --data missing.txt --out run --bytes --max-vocabulary 3", "--max-vocabulary is for --vocabulary words or byte-pairs, not for bytes")]
    [InlineData("train --data missing.txt --out run --lower-case", "--lower-case is for --vocabulary words, not for characters")]
    [InlineData("train --data missing.txt --out run --sentences", "--sentences is for --vocabulary words, not for characters")]
    [InlineData("train --data missing.txt --out run --no-eos", "--no-eos is for --vocabulary words, not for characters")]
    [InlineData("train --data missing.txt --out run --schedule constant --min-lr 0.1", "--min-lr is for a schedule that decays, not for --schedule constant")]
    [InlineData("train --data missing.txt --out run --model lstm --memory 8", "--memory is for models with attention, not for --model lstm")]
    [InlineData("train --data missing.txt --out run --compress-gradients", "--compress-gradients is for several processes, which mpirun starts; there is one")]
    [InlineData("train --resume nowhere", "there is no folder 'nowhere'")]
    [InlineData("evaluate nowhere", "there is no folder 'nowhere'")]
    [InlineData("generate nowhere", "there is no folder 'nowhere'")]
    [InlineData("generate nowhere -- --text", "there is no folder 'nowhere'")]
    [InlineData("info nowhere", "there is no folder 'nowhere'")]
    [InlineData("info FILE", "is a file, but the folder of a run or a model is needed")]
    [InlineData("score FILE FILE", "is a file, but the folder of a run or a model is needed")]
    [InlineData("train --resume FILE", "is a file, but the folder of a run or a model is needed")]
    [InlineData("quickstart --data missing.txt", "missing.txt")]
    public async Task Bad_input_is_named_and_ends_with_1(string line, string message)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string[] arguments = [.. line.Split(' ').Select(argument => argument is "run" or "missing.txt" ? folder[argument] : argument == "FILE" ? folder.Write("file", "text") : argument)];
        int code = await terminal.RunAsync(arguments.Contains("quickstart") ? [.. arguments, "--out", folder["quick"]] : arguments);
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.DoesNotContain("   at ", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evaluate ?", "RUN")]
    [InlineData("report run ?", "RUN")]
    [InlineData("score run ?", "FILE")]
    [InlineData("import ? --out model", "FROM")]
    [InlineData("train --data ? --out run", "--data")]
    [InlineData("train --data text --out ?", "--out")]
    [InlineData("train --resume ?", "--resume")]
    [InlineData("train --data text --out run --config ?", "--config")]
    [InlineData("train --data text --out run --init ?", "--init")]
    [InlineData("generate run --prompt-file ?", "--prompt-file")]
    [InlineData("data prepare text8 --from ? --to prepared", "--from")]
    [InlineData("bench train --save ?", "--save")]
    public async Task An_empty_name_of_a_file_or_folder_is_wrong_usage(string line, string name)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync([.. line.Split(' ').Select(argument => argument == "?" ? "" : argument)]));
        Assert.Contains($"txl: {name} is empty, but must name a file or a folder", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tr\u001b\rain")]
    [InlineData("train", "--b\u001b\ratch")]
    [InlineData("train", "--data", "x", "--out", "y", "--layers", "1\u001b\r")]
    public async Task Control_characters_of_a_wrong_line_are_shown_as_escapes(params string[] line)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(line));
        Assert.Contains("\\u001b\\r", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', terminal.Error.Replace(Environment.NewLine, "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    public async Task A_place_that_is_no_number_is_wrong_usage(string place)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("attention", "run", "--at", place));
        Assert.Contains($"--at is '{place}', but must be a whole number from 0 on", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debug_adds_the_place_of_an_error()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("info", "nowhere", "--debug"));
        Assert.Contains("   at ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        Assert.Matches(@"^\d+\.\d+\.\d+", await FakeTerminal.OutputOf("--version"));
    }
}
