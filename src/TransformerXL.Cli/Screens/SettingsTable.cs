using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Training.Settings;

namespace TransformerXL.Cli.Screens;

/// <summary>The values of a configuration with the origin of each.</summary>
internal static class SettingsTable
{
    public static IRenderable Render(RunSettings settings)
    {
        FittingTable table = new(["member", "value", "from"], [Justify.Left, Justify.Left, Justify.Left]);
        foreach (RunSetting setting in settings.List())
        {
            // Values that the user chose are highlighted.
            Style style = setting.Origin.Kind == SettingOriginKind.Default ? new Style(Color.Grey) : Style.Plain;
            table.AddRow([setting.Member, Shown(setting.Value), setting.Origin.ToString()], style);
        }

        return table;
    }

    /// <summary>The same as aligned columns of any width.</summary>
    public static void WriteLines(TextWriter writer, RunSettings settings)
    {
        IReadOnlyList<RunSetting> list = settings.List();
        int members = list.Max(setting => setting.Member.Length), values = list.Max(setting => Shown(setting.Value).Length);
        foreach (RunSetting setting in list)
        {
            writer.WriteLine($"{setting.Member.PadRight(members)}  {Shown(setting.Value).PadRight(values)}  {setting.Origin}");
        }
    }

    private static string Shown(string json)
    {
        using JsonDocument value = JsonDocument.Parse(json);
        return value.RootElement.ValueKind switch
        {
            JsonValueKind.String => value.RootElement.GetString()!,
            JsonValueKind.Null => "-",
            JsonValueKind.Array => string.Join(", ", value.RootElement.EnumerateArray().Select(item => item.GetRawText())) is { Length: > 0 } items ? items : "-",
            _ => json,
        };
    }
}
