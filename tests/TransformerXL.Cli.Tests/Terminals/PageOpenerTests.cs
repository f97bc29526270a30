using System.Diagnostics;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Tests.Terminals;

public class PageOpenerTests
{
    [Fact]
    public void Each_system_has_its_way_to_open_a_page()
    {
        ProcessStartInfo? started = null;
        Assert.Null(PageOpener.Open("page.html", name => name == "DISPLAY" ? ":0" : null, information =>
        {
            started = information;
            return null;
        }));
        string full = Path.GetFullPath("page.html");
        string[] call = [started!.FileName, .. started.ArgumentList];
        Assert.Equal(OperatingSystem.IsWindows() ? [full] : [OperatingSystem.IsMacOS() ? "open" : "xdg-open", full], call);
        Assert.Equal(OperatingSystem.IsWindows(), started.UseShellExecute);
    }

    [SkippableFact]
    public void Without_a_display_nothing_is_started_and_the_reason_is_told()
    {
        Skip.If(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(), "these systems have a display always");
        string? reason = PageOpener.Open("page.html", _ => null, _ => throw new InvalidOperationException("a program was started"));
        Assert.Equal("there is no display (DISPLAY, WAYLAND_DISPLAY and BROWSER are not set)", reason);
    }

    [Fact]
    public void What_the_program_says_went_wrong_is_passed_on() =>
        Assert.Equal("it is missing", PageOpener.Open("page.html", _ => "x", _ => "it is missing"));
}
